"""What a pickle may import without running anybody's code: it rebuilds numbers, arrays and containers."""

import re

HARMLESS = frozenset(
    {
        "_codecs.encode",  # bytes, in the protocols that have none
        "builtins.bool",
        "builtins.bytearray",
        "builtins.bytes",
        "builtins.complex",
        "builtins.dict",
        "builtins.float",
        "builtins.frozenset",
        "builtins.int",
        "builtins.list",
        "builtins.object",
        "builtins.range",
        "builtins.set",
        "builtins.slice",
        "builtins.str",
        "builtins.tuple",
        "collections.Counter",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "copyreg._reconstructor",  # of a class that is named beside it
        "datetime.date",
        "datetime.datetime",
        "datetime.timedelta",
        "datetime.timezone",
        "decimal.Decimal",
        "fractions.Fraction",
        "numpy.dtype",
        "numpy.ndarray",
        "torch.Size",
        "torch.Tensor",
        "torch.device",
        "torch.nn.parameter.Parameter",
        "torch.serialization._get_layout",
        "torch._tensor._rebuild_from_type_v2",
    }
)
FAMILIES = re.compile(
    r"""
      numpy\.(core|_core)\.(multiarray\.(_reconstruct|scalar)|numeric\._frombuffer)
    | numpy\.dtypes\.\w+
    | numpy\.random\._pickle\.\w+
    | numpy\.random\.(_pcg64|_philox|_mt19937|_sfc64)\.\w+
    | numpy\.random\.bit_generator\.\w+
    | pathlib\.(\w+\.)?(Pure)?(Posix|Windows)?Path
    | torch\.\w+Storage | torch\.storage\.\w+Storage
    | torch\.(u?int\d+|float\d+\w*|bfloat16|complex\d+|bool|half|double|float|long|int|short|q\w+)
    | torch\._utils\._rebuild_\w+
    """,
    re.VERBOSE,
)


def is_harmless(name: str) -> bool:
    """For `module.name`, as a pickle imports it."""
    return name in HARMLESS or FAMILIES.fullmatch(name) is not None
