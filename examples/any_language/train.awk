# Trains `chunk` steps, or up to the step `end`, with the learning rate `lr`. Reads the step reached and ten weights, a
# line each, and prints them as they are afterwards.

function uniform() { # Park and Miller 1988: exact in awk's doubles, and the same in every awk
    state = (16807 * state) % 2147483647
    return state / 2147483647
}

FNR == 1 { first = $1 + 1; next }
{ weight[FNR - 1] = $1 }

END {
    last = first + chunk - 1
    if (last > end) last = end
    samples = 5 # in a step
    power = 10 / 3 # of the inputs, on average: no lr up to 1 lets the weights grow without bounds
    for (step = first; step <= last; step++) {
        # From the seed and the step alone, so that an interrupted trial trains as if it was not.
        state = (seed * 31 + step * 48271) % 2147483646 + 1
        for (i = 0; i < 5; i++) uniform()
        for (sample = 0; sample < samples; sample++) {
            error = 2 * uniform() - 1 # noise
            for (i = 1; i <= 10; i++) {
                x[i] = 2 * uniform() - 1
                error += (weight[i] - i / 10) * x[i] # the weights sought are 0.1, 0.2, … 1.0
            }
            for (i = 1; i <= 10; i++) weight[i] -= lr * error * x[i] / power
        }
    }
    print last
    for (i = 1; i <= 10; i++) printf "%.17g\n", weight[i]
}
