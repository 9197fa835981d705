#!/bin/sh
# Least mean squares in awk (Widrow and Hoff 1960): ten weights are found from noisy samples.
#
#     progenitor run study.py --command "sh train.sh"
#
# POSIX sh and any awk; nothing else.
#
# Measured with the seeds 1 to 5, eight members of 2,000 steps each. The best trial's loss, median (least to greatest):
#
#     population-based training      0.00015 (0.00008 to 0.00039)
#     random search, as many steps   0.00037 (0.00027 to 0.00160)
#
# It was the smaller one with each of the seeds. Random search is algorithm=RandomSearch(8) in study.py, instead of
# population_size; a good learning rate is another at the end than at the beginning, and it has but one.

set -eu
cd "$(dirname "$0")"

chunk=50 # steps that one awk trains: between two of them the shell looks for the signal
state=$PROGENITOR_CHECKPOINT/state # its first line is the step reached, the others are the weights
lr=$(sed 's/.*"lr": *\([^,}]*\).*/\1/' "$PROGENITOR_PARAMETERS")

report() {
    awk '
        FNR == 1 { step = $1; next }
        { error += ($1 - (FNR - 1) / 10) ^ 2 } # the weights sought are 0.1, 0.2, … 1.0; inputs have variance 1/3
        END { printf "{\"step\": %d, \"metrics\": {\"loss\": %.17g}}\n", step, error / 3 }
    ' "$state" >> "$PROGENITOR_METRICS"
}

stopping=
trap 'stopping=1' TERM

if [ -n "$PROGENITOR_WARM_START" ]; then
    cp "$PROGENITOR_WARM_START/state" "$state"
else
    printf '%s\n' "$PROGENITOR_START_STEP" 0 0 0 0 0 0 0 0 0 0 > "$state"
fi

# SIGTERM goes to the whole process group, so to awk and mv as well. What they have begun then is lost, and `state` still
# is that of the step which it names.
while read -r step < "$state" && [ "$step" -lt "$PROGENITOR_END_STEP" ] && [ -z "$stopping" ]; do
    if awk -v lr="$lr" -v seed="$PROGENITOR_SEED" -v chunk="$chunk" -v end="$PROGENITOR_END_STEP" \
        -f train.awk "$state" > "$state.new" && mv "$state.new" "$state" && report; then
        continue
    fi
    [ -n "$stopping" ] || exit 1
done
rm -f "$state.new"
echo "$step" > "$PROGENITOR_STEP" # last of all: it says that the checkpoint is complete
