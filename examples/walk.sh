#!/bin/sh
# Calls every operation, by envelope and by the paths of the four documents, and checks each answer.
#
#   GUICHET__CAPTCHA__TEST_CODE=abcde guichet        (in one terminal)
#   sh examples/walk.sh http://127.0.0.1:8080 data/outbox.jsonl
#
# Needs curl, sed, mktemp and md5sum (or md5). May be run again on the same server: names are new each time.
# Ends with 0 if every answer was as it should be, else with 1 and a line that says which was not.
set -u

base=${1:-http://127.0.0.1:8080}
outbox=${2:-data/outbox.jsonl}
code=${GUICHET__CAPTCHA__TEST_CODE:-abcde}

# Eight digits that are new each second.
stamp=$(date +%s | sed 's/.*\(........\)$/\1/')

# value KEY: what KEY says in the JSON on the standard input, where it is a text or a number.
value() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

# md5of TEXT: its md5 in hex.
md5of() { printf %s "$1" | { md5sum || md5; } 2>/dev/null | sed 's/ .*//'; }

fail() {
    printf 'walk.sh: %s\n' "$1" >&2
    exit 1
}

# expect STATUS WHAT: the answer must carry this status.
expect() {
    case $answer in
    *"\"status\":$1,"*) printf 'ok    %s: %s\n' "$2" "$1" ;;
    *) fail "$2: expected status $1, got: $answer" ;;
    esac
}

# call TYPE SUBTYPE DATA [STATUS]: one envelope, as whoever $token says; STATUS is 0 unless given.
token=
call() {
    answer=$(curl -sS "$base/api" -H "Authorization: Bearer $token" -d \
        "{\"id\":1,\"status\":0,\"type\":\"$1\",\"subtype\":\"$2\",\"data\":$3}") ||
        fail "$1/$2: no answer from $base"
    expect "${4:-0}" "$1/$2"
}

# path WANTED METHOD PATH [CURL ARGUMENT…]: one path of a document; its answer must hold WANTED.
path() {
    wanted=$1 method=$2 path=$3
    shift 3
    answer=$(curl -sS -X "$method" "$base$path" "$@") || fail "$method $path: no answer from $base"
    case $answer in
    *"$wanted"*) printf 'ok    %s %s: %s\n' "$method" "$path" "$wanted" ;;
    *) fail "$method $path: expected $wanted, got: $answer" ;;
    esac
}

# read_outbox PHONE: the last code that was sent to PHONE, in $sms.
read_outbox() {
    sms=$(sed -n "/\"phone\":\"$1\"/p" "$outbox" | value code | sed -n '$p')
    [ -n "$sms" ] || fail "no code for $1 in $outbox"
}

# get PATH WHAT: a GET that answers an envelope.
get() {
    answer=$(curl -sS "$base$1" -H "Authorization: Bearer $token") || fail "$2: no answer from $base"
    expect 0 "$2"
}

# solve: have a captcha drawn and read it; its proof is in $hash.
solve() {
    call img generate '{}'
    hash=$(md5of "$code$(printf %s "$answer" | value rand)")
}

# send PHONE: have a code sent to PHONE; $sms is the code, $rand the text that belongs behind it.
send() {
    call sms generate "{\"phone\":\"$1\",\"hash\":\"$hash\"}"
    rand=$(printf %s "$answer" | value rand)
    read_outbox "$1"
}

# --- captchas and codes ----------------------------------------------------------------------------
solve
call img validate "{\"hash\":\"$hash\"}"
call img validate "{\"hash\":\"$hash\"}" -1 # once is enough
send "138$stamp"
call sms validate "{\"phone\":\"138$stamp\",\"hash\":\"$(md5of "$sms$rand")\"}"
call sms generate "{\"phone\":\"12345\",\"hash\":\"$hash\"}" 1016

# --- accounts --------------------------------------------------------------------------------------
name=nora-$stamp
picture=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
solve
call user register "{\"username\":\"$name\",\"password\":\"secret-1\",\"hash\":\"$hash\"}"
solve
send "139$stamp"
call user register "{\"mobile\":\"139$stamp\",\"sms_code\":\"$sms\",\"password\":\"secret-2\"}"
call user login "{\"username\":\"$name\",\"password\":\"wrong\"}" -2
call user login "{\"username\":\"$name\",\"password\":\"$(md5of secret-1)\"}"
token=$(printf %s "$answer" | value token)
user=$(printf %s "$answer" | value user_id)
call user info '{}'
call user update '{"nickname":"诺拉"}'
call user rename "{\"username\":\"$name.li\"}"
call user avatar "{\"base64\":\"$picture\"}"
call user verify '{"real_name":"诺拉","id_card":"11010519491231002X"}'
call user verified '{}'
call user password '{"old_password":"secret-1","new_password":"secret-3"}'
call user info '{}' -101 # a new password ends all sessions
call user login "{\"username\":\"$name.li\",\"password\":\"secret-3\"}"
token=$(printf %s "$answer" | value token)

# --- portraits -------------------------------------------------------------------------------------
call portrait upload "{\"name\":\"nora.png\",\"id\":\"$user\",\"base64\":\"$picture\",\"type\":\"png\"}"
call portrait get "{\"id\":\"$user\"}"
for id in "$user" 7; do
    kind=$(curl -sS -o /dev/null -w '%{http_code} %{content_type}' "$base/api/external/get/portrait/$id")
    [ "$kind" = '200 image/png' ] || fail "portrait $id: expected 200 image/png, got: $kind"
    printf 'ok    GET portrait %s\n' "$id"
done

# --- lost and found --------------------------------------------------------------------------------
call property add '{"type":1,"lab":"card|student card","title":"Student card lost","content":"Near the library.","occurrence_time":"2026-03-01 08:15:00","user_name":"Nora Li","user_phone":"13800001234","user_qq":""}'
notice=$(printf %s "$answer" | value uid)
call property update "{\"id\":$notice,\"state\":1,\"user2_name\":\"Omar\"}"
call property query "{\"type\":1,\"id\":$notice,\"state\":1}"
get "/api/external/get/property?type=1&key=library" 'GET property'
call property add '{"type":3}' -202
call property delete "{\"id\":$notice}"
call property delete "{\"id\":$notice}" -200 # gone

# --- shops -----------------------------------------------------------------------------------------
call shop creat "{\"shop_name\":\"Blue Lamp Books $stamp\",\"shop_content\":\"Second-hand books.\"}"
shop=$(printf %s "$answer" | value shop_id)
call shop create "{\"shop_name\":\"Blue Lamp Books $stamp\"}" 100 # the name was used
call shop update "{\"shop_id\":$shop,\"shop_content\":\"Bought and sold.\"}"
call shop get "{\"shop_id\":$shop}"
call shop list "{\"user_id\":$user}"

# --- leaderboards ----------------------------------------------------------------------------------
call rank upload '{"rank":1200}'
call rank list '{"arange":[1,3]}'
call rank around '{"span":2}'
call score post "{\"app\":\"walk\",\"openid\":\"player-$stamp\",\"score\":900}"
call player update "{\"app\":\"walk\",\"openid\":\"player-$stamp\",\"nickname\":\"Omar\"}"
call score get "{\"app\":\"walk\",\"openid\":\"player-$stamp\"}"
call score get '{"app":"walk","openid":"nobody"}' -2
call score top '{"app":"walk","limit":10}'
call score around "{\"app\":\"walk\",\"openid\":\"player-$stamp\",\"span\":2}"

# --- several at once -------------------------------------------------------------------------------
one='{"id":1,"status":0,"type":"user","subtype":"info","data":{}}'
answer=$(curl -sS "$base/api" -H "Authorization: Bearer $token" -d "[$one,$one]") || fail 'a batch: no answer'
expect 0 'a batch'
rpc='{"jsonrpc":"2.0","id":1,"method":"user.info"}'
answer=$(curl -sS "$base/api" -H "Authorization: Bearer $token" -d "$rpc") || fail 'JSON-RPC: no answer'
case $answer in
*"\"result\":{\"user_id\":$user,"*) printf 'ok    JSON-RPC\n' ;;
*) fail "JSON-RPC: $answer" ;;
esac

call user logout '{}'
call user info '{}' -101

# --- what follows needs files: a picture, and the cookies of a session -----------------------------
folder=$(mktemp -d) || fail 'no folder for files'
trap 'rm -rf "$folder"' EXIT
curl -sS "$base/api/external/get/portrait/$user" -o "$folder/picture.png" || fail 'no picture'

# --- the document of login and profile -------------------------------------------------------------
path '"code":3002' POST /login -d "{\"username\":\"$name.li\",\"password\":\"$(md5of wrong)\"}"
path '"code":0' POST /login -d "{\"username\":\"$name.li\",\"password\":\"$(md5of secret-3)\"}"
token=$(printf %s "$answer" | value token)
path '"code":0' PUT /user/update_user_info -H "Authorization: $token" -d 'nickname=Nora'
path '"code":0' PUT /user/update_user_profile_picture -H "Authorization: $token" -F "file=@$folder/picture.png"
path '"code":200413' PUT /user/update_user_profile_picture -H "Authorization: $token" -F 'file=none;filename=a.png'
path '"nickname":"Nora"' GET /user/get_user_info -H "Authorization: $token"

# --- the document of the rank leaderboard ----------------------------------------------------------
path '"data":"ok"' POST /ranking_list -H "Authorization: $token" -d '{"rank":1300}'
path "\"user\":\"$user\",\"rank_score\":1250}}" PUT /ranking_list -H "Authorization: $token" -d '{"rank":1250,"arange":[1,3],"version":"1.0"}'
path '"code":10098' PUT /ranking_list -H "Authorization: $token" -d '{}'
path '"code":0' POST /user/logout -H "Authorization: $token"
path '"code":10086' POST /ranking_list -H "Authorization: $token" -d '{"rank":1300}'

# --- the document of mini-games --------------------------------------------------------------------
player=second-$stamp
path '"msg":"添加成绩成功"' POST /walk/api/post_score -d "{\"openid\":\"$player\",\"score\":70}"
path '"data":{"score":70,' POST /walk/api/post_score -d "openid=$player&score=7"
path '"msg":"添加用户信息成功"' POST /walk/api/post_user_info -d "openid=$player&nickname=Ada&sex=2"
path '"data":{"score":70,' GET "/walk/api/user_score?openid=$player"
path '"code":404' GET '/walk/api/user_score?openid=nobody'
path '"rank":1}' GET /walk/api/tpinball_score

# --- the document of sessions: register, log in, a real name ---------------------------------------
mobile=137$stamp
v1=/api/v1.0
kind=$(curl -sS -o /dev/null -w '%{http_code} %{content_type}' "$base$v1/imagecode/$stamp")
[ "$kind" = '200 image/jpg' ] || fail "GET imagecode: expected 200 image/jpg, got: $kind"
four=$(printf %.4s "$code")
path '"errno":"0"' GET "$v1/smscode/$mobile?id=$stamp&text=$four"
path '"errno":"4002"' GET "$v1/smscode/$mobile?id=$stamp&text=$four" # a picture pays once
read_outbox "$mobile"
path '"errno":"0"' POST $v1/users -c "$folder/cookies" -d "{\"mobile\":\"$mobile\",\"sms_code\":\"$sms\",\"password\":\"secret-4\"}"
path '"errno":"4004"' POST $v1/sessions -d "mobile=$mobile&password=secret-5"
path '"errno":"0"' POST $v1/sessions -c "$folder/cookies" -d "mobile=$mobile&password=secret-4"
path "\"name\":\"$mobile\"" GET $v1/session -b "$folder/cookies"
path "\"name\":\"omar-$stamp\"" PUT $v1/user/name -b "$folder/cookies" -d "{\"name\":\"omar-$stamp\"}"
path '"avatar_url":"' POST $v1/user/avatar -b "$folder/cookies" -F "avatar=@$folder/picture.png"
path "\"name\":\"omar-$stamp\"" GET $v1/user -b "$folder/cookies"
path '"real_name":null' GET $v1/user/auth -b "$folder/cookies"
path '"errno":"0"' POST $v1/user/auth -b "$folder/cookies" -d '{"real_name":"奥马尔","id_card":"110105198506150022"}'
path '"errno":"4003"' POST $v1/user/auth -b "$folder/cookies" -d '{"real_name":"奥马尔","id_card":"110105198506150022"}'
path 'another site' PUT $v1/user/name -b "$folder/cookies" -H 'Origin: https://other.example.com' -d '{"name":"x"}'
path '"errno":"0"' DELETE $v1/session -b "$folder/cookies" -c "$folder/cookies"
path '"errno":"4101"' GET $v1/user -b "$folder/cookies"
echo 'every answer was as it should be'
