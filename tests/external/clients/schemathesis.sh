#!/bin/sh
# Asks every described path of a running server for what its description allows, and some for what it does not:
# no answer may be a server error or differ from its schema. `schemathesis.sh PROGRAM URL TOKEN`.
set -eu
program=$1 url=$2 token=$3
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
# Left out are those that end the token's session, for everything after them would be refused, and the stream of events, which never ends.
"$program" run "$url/api/openapi.json" --header "Authorization: Bearer $token" --checks "$checks" \
    --exclude-path-regex '/logout$|/password$|/api/v1.0/session$|/api/events$' \
    --phases examples,fuzzing --max-examples 20 --seed 1 --no-color
"$program" run "$url/api/openapi.json" --header "Authorization: Bearer $token" --checks "$checks" \
    --include-path-regex '^/api/op/' --exclude-path-regex '/logout$|/password$' \
    --phases coverage --seed 1 --no-color
