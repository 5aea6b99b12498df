"""Makes src/guichet_client/schemas.py and operations.py from the description of the API.

It needs `datamodel-code-generator` (the extra `generate`).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
API = json.loads((HERE / "../../docs/api/openapi.json").read_text("utf-8"))
UNUSED = {"Envelope", "EnvelopeAnswer", "RpcCall", "RpcAnswer", "ListFault"}
HEAD = "# Made by generate.py from docs/api/openapi.json. Do not edit.\n"


def schemas() -> str:
    """The types of all data and replies."""
    kept = {name: schema for name, schema in API["components"]["schemas"].items() if name not in UNUSED}
    part = {"openapi": API["openapi"], "info": API["info"], "paths": {}, "components": {"schemas": kept}}
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "api.json"), Path(folder, "schemas.py")
        source.write_text(json.dumps(part), "utf-8")
        subprocess.run(
            [
                sys.executable, "-W", "ignore", "-m", "datamodel_code_generator", "--input", source, "--output", made,
                "--input-file-type", "openapi", "--output-model-type", "typing.TypedDict", "--target-python-version",
                "3.10", "--use-schema-description", "--use-field-description", "--disable-timestamp",
            ],
            check=True,
        )
        text = made.read_text("utf-8")
    text = text[text.index("from __future__"):]
    # Python 3.9 has no `TypeAlias`, and no `|` between types outside annotations.
    text = re.sub(r"from typing import .*\n", "from typing import Any, Literal, Union\n", text, count=1)
    text = text.replace("import NotRequired, TypedDict", "import NotRequired, TypeAlias, TypedDict")
    aliases = re.compile(r"^(\w+: TypeAlias = )(\w+(?: \| \w+)+)$", re.MULTILINE)
    text = aliases.sub(lambda m: f"{m[1]}Union[{', '.join(m[2].split(' | '))}]", text)
    return HEAD + text


def operations() -> str:
    """An overload of `call` for each operation, sync and async."""
    described = [
        (path[len("/api/op/"):], post["post"])
        for path, post in API["paths"].items()
        if path.startswith("/api/op/")
    ]
    lines = [HEAD.rstrip(), "from __future__ import annotations", "", "from typing import overload", ""]
    lines += ["from typing_extensions import Literal", "", "from . import schemas", ""]
    for name, prefix in [("Calls", ""), ("AsyncCalls", "async ")]:
        lines += ["", f"class {name}:", '    """What `call` takes and answers, by the name of the operation."""', ""]
        for operation, post in described:
            data = post["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
            done = post["responses"]["200"]["content"]["application/json"]["schema"]
            reply = done["properties"]["data"]["$ref"].split("/")[-1]
            optional = "" if post["requestBody"]["required"] else " = ..."
            lines += [
                "    @overload",
                f"    {prefix}def call(",
                f'        self, operation: Literal["{operation}"], data: schemas.{data}{optional}',
                f"    ) -> schemas.{reply}: ...",
                "",
            ]
        awaited = "await " if prefix else ""
        lines += [
            f"    {prefix}def call(self, operation: str, data: object = None) -> object:",
            '        """Call an operation; raises `GuichetFault` where it was not done."""',
            f"        return {awaited}self._call(operation, data)",
            "",
            f"    {prefix}def _call(self, operation: str, data: object) -> object:",
            "        raise NotImplementedError",
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    package = HERE / "src/guichet_client"
    (package / "schemas.py").write_text(schemas(), "utf-8")
    (package / "operations.py").write_text(operations(), "utf-8")
