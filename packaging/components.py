"""Writes the list of a build's components in the form of CycloneDX 1.5, from what `cargo metadata` says.

    cargo metadata --format-version 1 | components.py SECONDS_SINCE_1970
"""

import datetime
import json
import sys


def component(package):
    license_text = package.get("license")
    named = {
        "type": "library",
        "bom-ref": package["id"].split("/")[-1],
        "name": package["name"],
        "version": package["version"],
        "purl": f"pkg:cargo/{package['name']}@{package['version']}",
    }
    if license_text:
        named["licenses"] = [{"expression": license_text.replace("/", " OR ")}]
    return named


def normal(metadata):
    """The ids of what is compiled into the program: its dependencies, and theirs, but not those of tests and builds."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    wanted, found = [metadata["resolve"]["root"]], set()
    while wanted:
        here = wanted.pop()
        if here in found:
            continue
        found.add(here)
        for dependency in nodes[here]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                wanted.append(dependency["pkg"])
    return found


def main():
    metadata = json.load(sys.stdin)
    when = datetime.datetime.fromtimestamp(int(sys.argv[1]), datetime.timezone.utc)
    found = normal(metadata)
    packages = sorted(
        (package for package in metadata["packages"] if package["id"] in found),
        key=lambda package: (package["name"], package["version"]),
    )
    root = next(package for package in packages if package["id"] == metadata["resolve"]["root"])
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {**component(root), "type": "application"},
        },
        "components": [component(package) for package in packages if package is not root],
    }
    json.dump(document, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
