#!/usr/bin/env bash
# Builds what is published, into dist/: a static binary, a Debian package, a container image, the list of components, and
# checksums. The same commit gives the same bytes. Needs what CONTRIBUTING.md names under "Packages".
#   packaging/build.sh [TARGET] [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-x86_64-unknown-linux-musl}
dist=${2:-dist}
profile=${PROFILE:-dist}
case $target in
    x86_64-*) deb_arch=amd64 oci_arch=amd64 ;;
    aarch64-*) deb_arch=arm64 oci_arch=arm64 ;;
    *) echo "unknown target: $target" >&2; exit 2 ;;
esac
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# Times and paths of this machine are in nothing that is built.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
GUICHET_COMMIT=$(git rev-parse --short=12 HEAD)
cargo_home=${CARGO_HOME:-$HOME/.cargo}
here=$(pwd -P)
RUSTFLAGS="--remap-path-prefix=$here=/build --remap-path-prefix=$cargo_home=/cargo"
CFLAGS="-ffile-prefix-map=$here=/build -ffile-prefix-map=$cargo_home=/cargo"
export SOURCE_DATE_EPOCH GUICHET_COMMIT RUSTFLAGS CFLAGS
export LC_ALL=C TZ=UTC
umask 022
cargo build --locked --profile "$profile" --target "$target" --bin guichet
built=${CARGO_TARGET_DIR:-target}/$target/$profile/guichet
name=guichet-$version-$target
rm -rf "$dist"
mkdir -p "$dist/work"
work=$(cd "$dist/work" && pwd)
stamp() { find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +; }

# The binary, by itself and with what one wants to read beside it.
cp "$built" "$dist/guichet-$target"
mkdir -p "$work/$name"
cp "$built" "$work/$name/guichet"
cp LICENSE README.md CHANGELOG.md examples/guichet.toml packaging/guichet.service "$work/$name/"
stamp "$work/$name"
tar --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -C "$work" -c "$name" | gzip -n9 > "$dist/$name.tar.gz"

# The components, in the form of CycloneDX.
cargo metadata --locked --format-version 1 --filter-platform "$target" | python3 packaging/components.py "$SOURCE_DATE_EPOCH" > "$dist/$name.cdx.json"

# The Debian package.
root=$work/deb
install -D -m 755 "$built" "$root/usr/bin/guichet"
install -D -m 644 packaging/guichet.service "$root/lib/systemd/system/guichet.service"
install -D -m 644 packaging/deb/guichet.toml "$root/etc/guichet/guichet.toml"
install -D -m 644 examples/guichet.toml "$root/usr/share/doc/guichet/examples/guichet.toml"
install -D -m 644 packaging/deb/lintian-overrides "$root/usr/share/lintian/overrides/guichet"
{ echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"; echo; echo "Files: *"
  echo "Copyright: the Guichet authors"; echo "License: Expat"; sed 's/^$/./; s/^/ /' LICENSE; } > "$work/copyright"
install -D -m 644 "$work/copyright" "$root/usr/share/doc/guichet/copyright"
{ echo "guichet ($version) stable; urgency=medium"; echo; echo "  * See CHANGELOG.md of the project."; echo
  echo " -- The Guichet authors <guichet@example.com>  $(date --date="@$SOURCE_DATE_EPOCH" -R)"; } | gzip -n9 > "$work/changelog.gz"
install -D -m 644 "$work/changelog.gz" "$root/usr/share/doc/guichet/changelog.gz"
mkdir -p "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions"
"$built" man "$root/usr/share/man/man1" > /dev/null
gzip -n9 "$root"/usr/share/man/man1/*.1
"$built" completions bash > "$root/usr/share/bash-completion/completions/guichet"
mkdir -p "$root/DEBIAN"
size=$(du -k -s "$root" | cut -f 1)
sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$deb_arch/; s/@SIZE@/$size/" packaging/deb/control > "$root/DEBIAN/control"
echo /etc/guichet/guichet.toml > "$root/DEBIAN/conffiles"
install -m 755 packaging/deb/postinst packaging/deb/prerm packaging/deb/postrm "$root/DEBIAN/"
(cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
chmod -R u+rwX,go+rX,go-w "$root"
stamp "$root"
dpkg-deb --root-owner-group -Zxz --build "$root" "$dist/guichet_${version}_$deb_arch.deb" > /dev/null

# The container image: one file, a folder for data, no root.
python3 packaging/image.py "$built" "$version" "$oci_arch" "$GUICHET_COMMIT" "$SOURCE_DATE_EPOCH" "$dist/guichet-$version-$oci_arch.oci.tar"

rm -rf "$dist/work"
(cd "$dist" && sha256sum -- * > SHA256SUMS)
ls -l "$dist"
