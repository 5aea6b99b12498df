-- The whole database. This file is the first step of the schema; a later step is a file of its
-- own, and a step that was released is never edited.
--
-- Types are BIGINT and TEXT only and ids are made by the program, so that the same tables and the
-- same statements serve SQLite and PostgreSQL. A time is in seconds since 1970 (UTC). Tables that
-- are found by one key alone are WITHOUT ROWID: one tree to write instead of two.

-- The last id given out of each kind. Ids are never used twice: nothing said of a removed row may
-- be believed of a new one.
CREATE TABLE sequence (
    name TEXT   NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
) WITHOUT ROWID;

INSERT INTO sequence (name, last) VALUES ('account', 100000), ('login_failure', 0), ('sms', 0), ('property', 0);

-- What was committed and is not in its own place yet (src/db/journal.rs): one row for all that the
-- jobs of a commit put off. A server that has ended by itself leaves none; one that was killed
-- leaves at most some thousands, which the next start puts where they belong.
CREATE TABLE journal (
    id    BIGINT NOT NULL PRIMARY KEY,
    -- A line a statement: its name, the row's key, the other arguments; tabs between, JSON within.
    lines TEXT   NOT NULL
) WITHOUT ROWID;

-- One account serves all documents.
CREATE TABLE account (
    id             BIGINT NOT NULL PRIMARY KEY,
    -- 1 to 32 characters; whoever came first has the name.
    username       TEXT   NOT NULL UNIQUE,
    -- 11 digits; one account a number. NULL where it registered by name.
    mobile         TEXT   UNIQUE,
    nickname       TEXT   NOT NULL,
    -- The name of a file among the uploaded pictures; '' where there is none.
    avatar         TEXT   NOT NULL DEFAULT '',
    -- Argon2id over the lower-case md5 of the password, in PHC form.
    password       TEXT   NOT NULL,
    -- How often the password was changed: a session opened under an older count is stale.
    password_count BIGINT NOT NULL DEFAULT 0,
    -- Told once, never changed.
    real_name      TEXT,
    id_card        TEXT,
    created_at     BIGINT NOT NULL
);

-- A login. A session whose account is gone stays until it expires, so that its token can be told
-- from one that never was.
CREATE TABLE session (
    -- SHA-256 of the token, in hex: who reads this table can't log in.
    key        TEXT   NOT NULL PRIMARY KEY,
    account    BIGINT NOT NULL,
    -- The account's password_count when it was opened.
    password   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX session_by_end ON session (expires_at);

-- Failed logins of the last 15 minutes, by account (or by name, where there is no such account)
-- and address.
CREATE TABLE login_failure (
    who     TEXT   NOT NULL,
    address TEXT   NOT NULL,
    id      BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (who, address, id)
) WITHOUT ROWID;

-- Picture captchas that were shown. The code itself is not kept.
CREATE TABLE captcha (
    -- md5 of the lower-case code and the random text: what a client proves.
    hash       TEXT   NOT NULL PRIMARY KEY,
    -- 1 once it answered an img/validate.
    validated  BIGINT NOT NULL DEFAULT 0,
    -- 1 once it paid for a message or a registration.
    paid       BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Picture captchas under a name of the client's own (seed 004): shown once, looked at once.
CREATE TABLE named_captcha (
    name       TEXT   NOT NULL PRIMARY KEY,
    -- md5 of the lower-case code and rand.
    hash       TEXT   NOT NULL,
    rand       TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Messages of the last 24 hours: what quotas count, and the codes that are still good.
CREATE TABLE sms (
    id         BIGINT NOT NULL PRIMARY KEY,
    phone      TEXT   NOT NULL,
    -- The client's address.
    address    TEXT   NOT NULL,
    sent_at    BIGINT NOT NULL,
    -- md5 of the code and the random text.
    hash       TEXT   NOT NULL,
    rand       TEXT   NOT NULL,
    -- 0 once the code was used or guessed wrong five times.
    expires_at BIGINT NOT NULL,
    -- Wrong guesses while it was good.
    wrong      BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX sms_by_phone ON sms (phone, sent_at);
CREATE INDEX sms_by_hash ON sms (hash);

-- Portraits: a picture under a number of the client's choosing.
CREATE TABLE portrait (
    id   BIGINT NOT NULL PRIMARY KEY,
    -- The name of a file among the uploaded pictures.
    file TEXT   NOT NULL
);

-- Lost and found (seed 003). The columns are the contract's keys.
CREATE TABLE property (
    id              BIGINT NOT NULL PRIMARY KEY,
    -- 1 lost, 2 found.
    type            BIGINT NOT NULL,
    -- 0 going on, 1 ended.
    state           BIGINT NOT NULL,
    lab             TEXT   NOT NULL,
    title           TEXT   NOT NULL,
    content         TEXT   NOT NULL,
    occurrence_time BIGINT NOT NULL,
    -- The account that published it; text on the wire.
    user_id         BIGINT NOT NULL,
    user_name       TEXT   NOT NULL,
    user_phone      TEXT   NOT NULL,
    user_qq         TEXT   NOT NULL,
    user2_id        TEXT   NOT NULL DEFAULT '',
    user2_name      TEXT   NOT NULL DEFAULT '',
    user2_phone     TEXT   NOT NULL DEFAULT '',
    user2_qq        TEXT   NOT NULL DEFAULT '',
    publish_time    BIGINT NOT NULL,
    update_time     BIGINT NOT NULL,
    -- Its place in the order of update_time, then id, as one integer (src/db/position.rs).
    position        BIGINT NOT NULL,
    pic_num         BIGINT NOT NULL,
    pic_url1        TEXT   NOT NULL,
    pic_url2        TEXT   NOT NULL,
    pic_url3        TEXT   NOT NULL
);

-- The order in which notices are listed and paged through.
CREATE UNIQUE INDEX property_by_position ON property (type, position);

-- What notices are found by: the pairs of neighbouring characters in lab, title and content, each
-- behind the type, and id and user_id whole (src/db/grams.rs); rowid is the notice's position. It
-- keeps which notices have a pair and nothing else. Of SQLite alone: another engine has an index
-- of its own for the same statements (src/db/search.rs).
CREATE VIRTUAL TABLE property_text USING fts5 (
    pairs, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- Eight parts of a size are merged into one. With 4, the default, an add costs a tenth more and its
-- p99 is no better; with 16 the parts pile up, and merging them all at once stops the writer.
INSERT INTO property_text (property_text, rank) VALUES ('automerge', 8);

-- Shops (seed 003).
CREATE TABLE shop (
    -- Nine random digits.
    id         BIGINT NOT NULL PRIMARY KEY,
    -- Unique among all shops, never changed.
    name       TEXT   NOT NULL UNIQUE,
    content    TEXT   NOT NULL,
    owner      BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX shop_by_owner ON shop (owner);
CREATE INDEX shop_by_time ON shop (created_at, id);

-- The rank leaderboard (seed 000). The order lives in memory (src/board/), built from here at start:
-- an index on the score would cost a write three times what its durability does. The rows follow
-- what was acknowledged by way of the journal: while a server runs, they are a little behind.
CREATE TABLE rank (
    account    BIGINT NOT NULL PRIMARY KEY,
    score      BIGINT NOT NULL,
    -- A number that only rises: at equal scores whoever reached it first stands first.
    reached_at BIGINT NOT NULL
) WITHOUT ROWID;

-- The games that have a board (seed 001); so many and no more.
CREATE TABLE app (
    name TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

-- Each player's highest score in each game; as rank, a little behind.
CREATE TABLE score (
    app        TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    score      BIGINT NOT NULL,
    -- As in rank.
    reached_at BIGINT NOT NULL,
    PRIMARY KEY (app, openid)
) WITHOUT ROWID;

-- What a game tells of its players.
CREATE TABLE player (
    app        TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    nickname   TEXT   NOT NULL,
    -- 0 unknown, 1 male, 2 female.
    sex        BIGINT NOT NULL,
    province   TEXT   NOT NULL,
    city       TEXT   NOT NULL,
    country    TEXT   NOT NULL,
    headimgurl TEXT   NOT NULL,
    PRIMARY KEY (app, openid)
) WITHOUT ROWID;
