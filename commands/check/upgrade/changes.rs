//! The changes that an upgrade brings.

use super::{Change, Kind};
use engine::config::{Config, SmsGateway};

/// For a change that concerns every configuration.
const ALWAYS: fn(&Config) -> bool = |_| true;

/// A change that concerns every configuration and came with the second step.
const fn second(kind: Kind, name: &'static str, text: &'static str) -> Change {
    Change { step: 2, kind, name, text, concerns: ALWAYS }
}

/// All changes, in the order in which they are told: by step, then defaults, keys, wire, files.
pub(super) const CHANGES: &[Change] = &[
    Change {
        step: 2,
        kind: Kind::Default,
        name: "sms.per_day_per_address",
        text: "was 0, no limit; is 100 messages for one client address in 24 hours",
        concerns: |config| config.sms.per_day_per_address == 100,
    },
    Change {
        step: 2,
        kind: Kind::Default,
        name: "sms.per_day_in_all",
        text: "was 0, no limit; is 1000 messages in 24 hours, a fifth of them kept for numbers that \
               have an account",
        concerns: |config| config.sms.per_day_in_all == 1000,
    },
    second(
        Kind::Default,
        "captcha.test_code",
        "refused also where limits.trusted_proxies or public_url show that strangers come",
    ),
    second(
        Kind::Key,
        "drain",
        "for how long a server that ends takes requests while /readyz says no: 0s",
    ),
    second(Kind::Key, "database.ca_file", "certificates that vouch for PostgreSQL's server; none"),
    second(
        Kind::Key,
        "store.shared",
        "whether the folder of pictures is one that all servers of a database have: false",
    ),
    second(
        Kind::Key,
        "captcha.wrong_per_address",
        "wrong proofs of captchas from one client address in 5 minutes: 500; 0 for no limit",
    ),
    second(
        Kind::Key,
        "limits.login_attempts_per_account",
        "failed logins for one account from all addresses in an hour: 100; 0 for no limit",
    ),
    second(
        Kind::Key,
        "limits.login_attempts_per_address",
        "failed logins from one client address in 15 minutes: 300; 0 for no limit",
    ),
    second(
        Kind::Key,
        "limits.renames_per_day",
        "new user names that one account may try in 24 hours: 5; 0 for no limit",
    ),
    second(
        Kind::Key,
        "limits.shared_networks",
        "networks that many people share behind one address, with the factor by which limits \
               per address are multiplied there",
    ),
    second(
        Kind::Key,
        "score.apps, score.new_boards_per_day",
        "which games may have a board; where any may, an address opens 3 a day (0: no limit), and \
           `default` and games with a secret have places of their own",
    ),
    second(
        Kind::Key,
        "score.max_players, score.new_players_per_hour",
        "a board has at most 1,000,000 players, and an address adds at most 5,000 an hour (0: no limit)",
    ),
    second(
        Kind::Key,
        "privacy.key_file",
        "real names and identity cards are encrypted with a key in this file, by \
               default beside data_dir with .key behind its name; the server's user must be \
               able to make it at the first start; keep a copy of it apart from the backups",
    ),
    second(
        Kind::Key,
        "captcha.kinds, captcha.pow_cost",
        "[\"image\"]: pictures alone, as before; with \"pow\" proof of work pays too or \
         instead",
    ),
    second(
        Kind::Key,
        "portrait.open_per_day_per_address, open_bytes_per_day_per_address, \
         per_day_per_account, open_bytes_in_all",
        "500 files and 100 MiB an address and day without a login, 20 pictures an account and \
         day, 2 GiB in all; 0 for no limit",
    ),
    second(
        Kind::Key,
        "disk.reserve",
        "while less than 5 % and less than 512 MiB of the disk are free, uploads, new \
         accounts, players, notices and shops are refused; 0 for no reserve",
    ),
    second(
        Kind::Key,
        "limits.connection_memory",
        "128 MiB for all connections, 40 KiB each; an address with half of them gets no more",
    ),
    second(
        Kind::Key,
        "web.headers",
        "pages carry Content-Security-Policy: frame-ancestors 'self', Referrer-Policy and \
         X-Content-Type-Options unless this says otherwise",
    ),
    second(
        Kind::Key,
        "documents.dir",
        "none; a folder of documents of your own: docs/bring-your-own-document.md",
    ),
    second(Kind::Key, "envelope.lenient, cors.allowed_headers", "off, and none: as before"),
    second(
        Kind::Key,
        "score.legacy_signatures",
        "true takes the older form of signatures for one release; see score/post below",
    ),
    second(
        Kind::Wire,
        "sms/validate",
        "needs phone; five wrong tries of one address are its last, twenty of all end the code",
    ),
    second(
        Kind::Wire,
        "img/validate",
        "says yes as often as it is asked until the captcha has paid",
    ),
    second(
        Kind::Wire,
        "user/register, user/password",
        "refuse the most common passwords; logins with one go on",
    ),
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "score/post, player/update",
        text: "a game with a secret takes only requests with X-Timestamp, X-Nonce and X-Signature over \
           method, path, both and the body; score.legacy_signatures = true takes the older form for \
           one release",
        concerns: |config| !config.score.secrets.is_empty() && !config.score.legacy_signatures,
    },
    second(
        Kind::Wire,
        "player/update",
        "control characters in nicknames, places and headimgurl are refused; tpinball_score tells null \
           where a player told nothing of himself",
    ),
    second(
        Kind::Wire,
        "user/register, user/rename",
        "a name is refused if it looks like another's, is another's number or id, is \
               reserved, has characters that can't be seen, or was left by another in the \
               last 30 days; names from before stay",
    ),
    second(
        Kind::Wire,
        "user/update",
        "a nickname with nothing to see, a blank at an end, a line break or an \
               override of the reading order is refused",
    ),
    second(Kind::Wire, "user/verify", "a real name is of letters, with spaces and points between"),
    second(
        Kind::Wire,
        "PUT /api/v1.0/user/name, POST /api/v1.0/user/auth",
        "a value that is not acceptable is 4001 with the text that pages show, no \
               longer 4103",
    ),
    second(
        Kind::Wire,
        "img/generate",
        "pictures are of colours that are one gray, and of ten characters for an address that \
         has sent too many wrong proofs: a field for the text must take ten",
    ),
    second(
        Kind::Wire,
        "sms/generate, user/register, user/login",
        "a captcha pays once and is wrong from then on; a proof also counts as a guess where \
         it is sent",
    ),
    second(
        Kind::Wire,
        "user/login",
        "failures of all addresses at one account and of one address at all names count; then \
         hash, a captcha, pays for one try; the fault of a wrong password has a detail that \
         says so",
    ),
    second(
        Kind::Wire,
        "user/register by mobile",
        "the code is compared first: who has none is not told whether the number has an \
         account",
    ),
    second(
        Kind::Wire,
        "portrait/upload",
        "ids of accounts, of removed ones and of the next 100,000 need the account's token; a \
         free id that is first uploaded with a token is that account's; portrait.open_upload \
         = \"any\" is the old way",
    ),
    second(
        Kind::Wire,
        "every request",
        "data without a picture is at most 160 KiB; a batch's answer ends at 4 MiB and \
         further items are told busy; a slow reader is dropped",
    ),
    second(
        Kind::Wire,
        "limits.requests_per_minute",
        "each operation of a batch counts as one, and ten seconds' worth may come at once",
    ),
    second(Kind::Wire, "shop/list, property/query", "key has at most 64 characters"),
    second(
        Kind::Wire,
        "Host, Expect",
        "a Host that is missing, twice or malformed is 400, an Expect that is not \
         100-continue 417",
    ),
    second(
        Kind::Wire,
        "Origin",
        "schemes and ports are compared too, and one that can't be read is another site's: \
         cookies of such pages count for nothing",
    ),
    second(
        Kind::Wire,
        "Authorization, cookies, query",
        "the first place that holds a token's form counts; Basic and other schemes are passed \
         over",
    ),
    second(
        Kind::Wire,
        "cookie",
        "under https it is __Host-session; session is read until it expires",
    ),
    second(
        Kind::Wire,
        "answers of the API",
        "carry Cache-Control: no-store and Vary: Authorization, Cookie; what a limit refused \
         carries Retry-After",
    ),
    second(
        Kind::Wire,
        "signals",
        "SIGHUP reads the configuration again instead of ending the server; other signals \
         that ended it are ignored",
    ),
    second(
        Kind::Files,
        "player",
        "players without a score leave 24 hours after the next start, unless they post one",
    ),
    second(
        Kind::Files,
        "before-upgrade",
        "a copy of the database is kept in this folder beside it before its schema \
               changes; it holds identity cards as they were: remove it once you stay with \
               this version",
    ),
    second(
        Kind::Files,
        "modes",
        "the database, the outbox, pictures and backups are closed to other users of \
               the machine (0600, folders 0700), unless store.public_url says that another \
               server shows the pictures",
    ),
    Change {
        step: 2,
        kind: Kind::Files,
        name: "outbox.jsonl",
        text: "grew without end; at 10 MiB it becomes outbox.jsonl.1, in the place of the one \
               before, and a new one is begun",
        concerns: |config| config.sms.gateway == SmsGateway::Outbox,
    },
    second(
        Kind::Files,
        "guichet user remove",
        "all content of the account goes with it: notices, shops, rank, portrait, \
               picture",
    ),
    second(
        Kind::Files,
        "pictures",
        "what a camera wrote and what lies behind a picture's end is cut off, also of those \
         that are kept: in the background after the start, under new names",
    ),
    Change {
        step: 3,
        kind: Kind::Wire,
        name: "sms/generate",
        text: "takes purpose; a code for login, reset, change or remove proves nothing else, and its message says \
               what it is for",
        concerns: ALWAYS,
    },
    Change {
        step: 4,
        kind: Kind::Key,
        name: "console.listen, allow, public_url",
        text: "pages for the people who look after the server, on 127.0.0.1:8081; nobody can log in before an admin is \
               made, and \"\" turns it off: docs/console.md",
        concerns: ALWAYS,
    },
    Change {
        step: 5,
        kind: Kind::Key,
        name: "moderation.words, reports_per_day, max_open_reports",
        text: "words that are refused or held, and reports by accounts; without a list of words nothing is refused: \
               docs/moderating.md",
        concerns: ALWAYS,
    },
    Change {
        step: 5,
        kind: Kind::Key,
        name: "tls.domain, contact, directory, ca_file, challenge, folder, cert, key, self_signed, redirect, hsts",
        text: "https without a proxy; without tls.domain or tls.cert plain HTTP is spoken as before: docs/tls.md",
        concerns: ALWAYS,
    },
    Change {
        step: 5,
        kind: Kind::Key,
        name: "score.guests, checks, wx.endpoint, apps",
        text: "players who prove who they are, and scores that are held; without them anybody posts for any player as \
               before: docs/api/leaderboards.md",
        concerns: ALWAYS,
    },
    Change {
        step: 5,
        kind: Kind::Key,
        name: "events.per_address, max",
        text: "streams of boards (/api/events); a proxy must not keep them back: docs/api/leaderboards.md",
        concerns: ALWAYS,
    },
    Change {
        step: 6,
        kind: Kind::Key,
        name: "score.boards, webhooks, kept_seasons",
        text: "boards with rules of their own, seasons and who is told of them; boards that are there keep each player's \
               highest score as before: docs/api/leaderboards.md",
        concerns: ALWAYS,
    },
    Change {
        step: 6,
        kind: Kind::Key,
        name: "sms.price",
        text: "what a message costs, for the console; 0 tells nothing, as before",
        concerns: ALWAYS,
    },
    Change {
        step: 6,
        kind: Kind::Wire,
        name: "score/post, top, get, around",
        text: "take metadata and season; answers of boards with rules of their own also have season or metadata",
        concerns: ALWAYS,
    },
];
