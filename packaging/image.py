"""Writes a container image in the form of the OCI (image-spec 1.1), as a tar file that `skopeo`, `podman load` and `docker load` read.

    image.py PROGRAM VERSION ARCHITECTURE COMMIT SECONDS_SINCE_1970 OUTPUT

The image has one program, a folder for its data, and a user that is not root. The same input gives the same bytes.
"""

import datetime
import gzip
import hashlib
import io
import json
import sys
import tarfile

USER = 65532


def entry(name, mode, seconds, owner=0, directory=False):
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE if directory else tarfile.REGTYPE
    info.mode, info.mtime = mode, seconds
    info.uid = info.gid = owner
    return info


def layer(program, seconds):
    """The files of the image, as an uncompressed tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(entry("data", 0o700, seconds, USER, directory=True))
        info = entry("guichet", 0o755, seconds)
        info.size = len(program)
        tar.addfile(info, io.BytesIO(program))
        tar.addfile(entry("tmp", 0o1777, seconds, directory=True))
    return out.getvalue()


def main():
    path, version, architecture, commit, seconds, output = sys.argv[1:]
    seconds = int(seconds)
    when = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    with open(path, "rb") as file:
        files = layer(file.read(), seconds)
    packed = gzip.compress(files, 9, mtime=0)
    blobs = {}

    def blob(content, media_type):
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    def text(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    config = {
        "created": when,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "WorkingDir": "/data",
            "Entrypoint": ["/guichet"],
            "ExposedPorts": {"8080/tcp": {}},
            "Volumes": {"/data": {}},
            "Env": ["GUICHET__LISTEN=0.0.0.0:8080", "GUICHET__DATA_DIR=/data/guichet"],
            "Labels": {
                "org.opencontainers.image.title": "guichet",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.revision": commit,
                "org.opencontainers.image.licenses": "MIT",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(files).hexdigest()]},
        "history": [{"created": when, "created_by": "packaging/image.py"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(text(config), "application/vnd.oci.image.config.v1+json"),
        "layers": [blob(packed, "application/vnd.oci.image.layer.v1.tar+gzip")],
    }
    described = blob(text(manifest), "application/vnd.oci.image.manifest.v1+json")
    described["annotations"] = {"org.opencontainers.image.ref.name": version}
    described["platform"] = {"architecture": architecture, "os": "linux"}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [described]}
    with tarfile.open(output, mode="w", format=tarfile.GNU_FORMAT) as tar:

        def add(name, content):
            info = entry(name, 0o644, seconds)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))

        for folder in ["blobs", "blobs/sha256"]:
            tar.addfile(entry(folder, 0o755, seconds, directory=True))
        for digest in sorted(blobs):
            add(f"blobs/sha256/{digest}", blobs[digest])
        add("index.json", text(index))
        add("oci-layout", text({"imageLayoutVersion": "1.0.0"}))


if __name__ == "__main__":
    main()
