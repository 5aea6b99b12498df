#!/usr/bin/env bash
# Tries what packaging/build.sh has put into dist/. Says what it leaves out where a program is missing.
#   packaging/test.sh [FOLDER] [--twice]
# --twice also builds once more, in another folder, and compares the bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=$(cd "${1:-dist}" && pwd)
deb=$(ls "$dist"/guichet_*.deb)
image=$(ls "$dist"/*.oci.tar)
binary=$(ls "$dist"/guichet-*-linux-musl)
work=$(mktemp -d)
server=
end() { [ -z "$server" ] || kill "$server" 2> /dev/null || true; rm -rf "$work"; }
trap end EXIT
have() { command -v "$1" > /dev/null || { echo "left out: $2; $1 is not installed"; return 1; }; }
alive() { for _ in $(seq 50); do curl -sf "$1" > /dev/null 2>&1 && return 0; sleep 0.2; done; echo "$1: no answer"; return 1; }

echo "- checksums"
(cd "$dist" && sha256sum --check --quiet SHA256SUMS)

echo "- the binary is static, and runs in an empty folder"
file "$binary" | grep -q "static" || ldd "$binary" 2>&1 | grep -q "not a dynamic executable\|statically linked"
"$binary" --version

echo "- the unit"
if have systemd-analyze "the unit"; then
    sed "s|/usr/bin/guichet|$binary|" packaging/guichet.service > "$work/guichet.service"
    systemd-analyze verify "$work/guichet.service"
    systemd-analyze security --offline=true --threshold=20 "$work/guichet.service" > "$work/security"
    tail -n 1 "$work/security"
fi

echo "- the Debian package"
dpkg-deb --info "$deb" > /dev/null
if have lintian "lintian"; then
    lintian --allow-root --fail-on error "$deb"
fi
if [ "$(id -u)" = 0 ] && have debootstrap "installing the package"; then
    root=$work/debian
    if debootstrap --variant=minbase --include=adduser stable "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" > "$work/debootstrap.log" 2>&1; then
        cp "$deb" "$root/guichet.deb"
        chroot "$root" dpkg --install /guichet.deb > "$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
        chroot "$root" id guichet
        [ "$(chroot "$root" stat -c '%a %U %G' /etc/guichet/guichet.toml)" = "640 root guichet" ]
        mkdir -p "$root/var/lib/guichet"
        chroot "$root" chown guichet:guichet /var/lib/guichet
        chroot --userspec=guichet:guichet "$root" /usr/bin/guichet -c /etc/guichet/guichet.toml > /dev/null 2>&1 &
        server=$!
        alive http://127.0.0.1:8080/healthz
        kill "$server"; wait "$server" || true; server=
        # What the administrator wrote stays in an upgrade.
        echo '# mine' >> "$root/etc/guichet/guichet.toml"
        chroot "$root" dpkg --install /guichet.deb > "$work/install.log" 2>&1
        grep -q '# mine' "$root/etc/guichet/guichet.toml"
        chroot "$root" dpkg --purge guichet > "$work/install.log" 2>&1
        [ ! -e "$root/etc/guichet/guichet.toml" ] && [ ! -e "$root/usr/bin/guichet" ]
        [ -e "$root/var/lib/guichet/data/guichet.db" ]
        echo "installed, served, upgraded, purged; the data stayed"
    else
        echo "left out: installing the package; debootstrap failed: $(tail -n 1 "$work/debootstrap.log")"
    fi
fi

echo "- the image"
mkdir "$work/image"
tar -C "$work/image" -xf "$image"
if have skopeo "skopeo"; then
    skopeo inspect "oci:$work/image" | grep -E '"(Architecture|Created)"'
fi
if have umoci "unpacking the image" && [ "$(id -u)" = 0 ]; then
    tag=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"])' "$work/image/index.json")
    umoci unpack --image "$work/image:$tag" "$work/bundle" > /dev/null
    python3 - "$work/bundle/config.json" << 'PYTHON'
import json, sys
process = json.load(open(sys.argv[1]))["process"]
assert process["user"]["uid"] == 65532, process["user"]
assert process["args"] == ["/guichet"], process["args"]
PYTHON
    GUICHET__LISTEN=127.0.0.1:8089 GUICHET__CONSOLE__LISTEN='' GUICHET__DATA_DIR=/data/guichet \
        chroot --userspec=65532:65532 "$work/bundle/rootfs" /guichet > /dev/null 2>&1 &
    server=$!
    alive http://127.0.0.1:8089/healthz
    GUICHET__LISTEN=127.0.0.1:8089 chroot --userspec=65532:65532 "$work/bundle/rootfs" /guichet check --live
    kill "$server"; wait "$server" || true; server=
    if GUICHET__LISTEN=127.0.0.1:8089 chroot --userspec=65532:65532 "$work/bundle/rootfs" /guichet check --live 2> /dev/null; then
        echo "check --live is content without a server"; exit 1
    fi
    echo "unpacked, served, checked"
fi

echo "- the list of components"
python3 -c 'import json, sys; names = {c["name"] for c in json.load(open(sys.argv[1]))["components"]}; assert "hyper" in names and "divan" not in names, names' "$dist"/*.cdx.json

if [ "${2:-}" = --twice ]; then
    echo "- the same bytes again"
    git clone --quiet . "$work/again"
    (cd "$work/again" && git checkout --quiet "$(cd "$OLDPWD" && git rev-parse HEAD)" && CARGO_TARGET_DIR="$work/again/target" packaging/build.sh "" "$work/second" > /dev/null)
    cmp "$dist/SHA256SUMS" "$work/second/SHA256SUMS"
fi
echo "all is well"
