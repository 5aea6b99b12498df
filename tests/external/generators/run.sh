#!/usr/bin/env bash
# Generates clients from the descriptions by three generators of others, compiles them, and calls a running server with
# each. `.ci/long clients` runs it; it takes some three minutes, and needs node, npm, python3, Java 17 and cargo.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$target/generators
mkdir -p "$work"
cd "$root"
cargo build --locked
data=$(mktemp -d)
printf 'listen = "127.0.0.1:0"\ndata_dir = "%s/data"\n' "$data" > "$data/guichet.toml"
"$target/debug/guichet" -c "$data/guichet.toml" > "$data/out" 2> "$data/log" &
server=$!
trap 'kill $server; rm -rf "$data"' EXIT
until grep -q listening "$data/out"; do sleep 0.1; done
url=$(sed 's/listening on //' "$data/out")

echo "hey-api (TypeScript)"
rm -rf "$work/hey-api" && cp -r "$here/hey-api" "$work/hey-api"
cp tests/external/clients/package.json "$work/package.json"
[ -d "$work/node_modules/@hey-api" ] \
    || npm install --prefix "$work" --no-package-lock --ignore-scripts --no-audit --no-fund --silent
(
    cd "$work/hey-api"
    node ../node_modules/@hey-api/openapi-ts/bin/run.js -i "$root/docs/api/openapi.json" -o src -c @hey-api/client-fetch \
        > generated.log
    node ../node_modules/typescript/bin/tsc -p .
    node dist/call.js "$url"
)

echo "openapi-generator (Rust)"
[ -x "$work/venv/bin/openapi-generator-cli" ] \
    || { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q 'openapi-generator-cli==7.26.0'; }
rm -rf "$work/rust/generated"
mkdir -p "$work/rust"
"$work/venv/bin/openapi-generator-cli" generate -g rust -i docs/api/openapi.json -o "$work/rust/generated" \
    --additional-properties=packageName=generated > "$work/rust/generated.log" 2>&1
cp -r "$here/rust/." "$work/rust/"
cargo run --quiet --manifest-path "$work/rust/Cargo.toml" -- "$url"

echo "progenitor (Rust, from 3.0.3)"
mkdir -p "$work/progenitor"
cp -r "$here/progenitor/." "$work/progenitor/"
cp docs/api/openapi-3.0.json "$work/progenitor/"
cargo run --quiet --manifest-path "$work/progenitor/Cargo.toml" -- "$url"
