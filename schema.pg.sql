-- The whole database on PostgreSQL: what the steps of the schema (schema.sql, schema/) come to on SQLite, where
-- the comments are. Text indexes are tables of postings here: which rows have a token, by their positions.

-- Which steps of the schema the tables have, and the oldest that a program may know to serve from them.
CREATE TABLE guichet (
    version         BIGINT NOT NULL,
    compatible_from BIGINT NOT NULL,
    made_by         TEXT   NOT NULL
);

-- The servers that have written of late: each writes its row when it is asked whether it is ready.
CREATE TABLE node (
    id      TEXT   NOT NULL PRIMARY KEY,
    -- In seconds since 1970, by the database's clock.
    seen_at BIGINT NOT NULL
);

-- What other servers have to know of what a connection has committed: changes of leaderboards
-- (src/db/postgres/follow.rs). A stream is what one connection tells, numbered without gaps: a connection commits
-- one thing after another, so whoever sees a number has seen all before it. Streams become visible in the order
-- of their ids.
CREATE TABLE stream (
    id BIGINT NOT NULL PRIMARY KEY
);

-- The last id of a stream: one row.
CREATE TABLE stream_sequence (
    last BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO stream_sequence (last) VALUES (0);

CREATE TABLE change (
    stream BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    -- A JSON array.
    lines  TEXT   NOT NULL,
    -- In seconds since 1970, by the database's clock.
    at     BIGINT NOT NULL DEFAULT extract(epoch FROM clock_timestamp())::bigint,
    PRIMARY KEY (stream, n)
);
CREATE INDEX change_by_time ON change (at);

-- 1 if `needle`, which is in lower case, occurs in `text`; ASCII case is ignored. On SQLite it is the program's.
CREATE FUNCTION contains(text TEXT, needle TEXT) RETURNS BOOLEAN
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    AS 'SELECT position(needle IN lower(text COLLATE "C")) > 0';

CREATE TABLE sequence (
    name TEXT   NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO sequence (name, last) VALUES ('account', 100000), ('login_failure', 0), ('sms', 0), ('property', 0), ('audit', 0), ('admin', 0);

CREATE TABLE account (
    id             BIGINT NOT NULL PRIMARY KEY,
    username       TEXT   NOT NULL UNIQUE,
    mobile         TEXT   UNIQUE,
    nickname       TEXT   NOT NULL,
    avatar         TEXT   NOT NULL DEFAULT '',
    password       TEXT   NOT NULL,
    password_count BIGINT NOT NULL DEFAULT 0,
    real_name      TEXT,
    id_card        TEXT,
    created_at     BIGINT NOT NULL,
    avatar_size BIGINT NOT NULL DEFAULT -1,
    last_login_at BIGINT NOT NULL DEFAULT 0,
    disabled BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX avatar_not_cleaned ON account (id) WHERE avatar_size = -1 AND avatar <> '';

CREATE TABLE session (
    key        TEXT   NOT NULL PRIMARY KEY,
    account    BIGINT NOT NULL,
    password   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    opened_at BIGINT NOT NULL DEFAULT 0,
    address TEXT NOT NULL DEFAULT ''
);
CREATE INDEX session_by_end ON session (expires_at);
CREATE INDEX session_by_account ON session (account);

CREATE TABLE login_failure (
    who     TEXT   NOT NULL,
    address TEXT   NOT NULL,
    id      BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (who, address, id)
);

CREATE TABLE captcha (
    hash       TEXT   NOT NULL PRIMARY KEY,
    validated  BIGINT NOT NULL DEFAULT 0,
    paid       BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL,
    strong BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE named_captcha (
    name       TEXT   NOT NULL PRIMARY KEY,
    hash       TEXT   NOT NULL,
    rand       TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    strong BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE sms (
    id         BIGINT NOT NULL PRIMARY KEY,
    phone      TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    sent_at    BIGINT NOT NULL,
    hash       TEXT   NOT NULL,
    rand       TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    wrong      BIGINT NOT NULL DEFAULT 0,
    purpose TEXT NOT NULL DEFAULT 'register'
);
CREATE INDEX sms_by_phone ON sms (phone, sent_at);
CREATE INDEX sms_by_hash ON sms (hash);
CREATE INDEX sms_by_time ON sms (sent_at);

CREATE TABLE portrait (
    id   BIGINT NOT NULL PRIMARY KEY,
    file TEXT   NOT NULL,
    size BIGINT NOT NULL DEFAULT -1,
    owner BIGINT,
    stored_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX portrait_by_owner ON portrait (owner) WHERE owner IS NOT NULL;
CREATE INDEX portrait_not_cleaned ON portrait (id) WHERE size = -1;

CREATE TABLE property (
    id              BIGINT NOT NULL PRIMARY KEY,
    type            BIGINT NOT NULL,
    state           BIGINT NOT NULL,
    lab             TEXT   NOT NULL,
    title           TEXT   NOT NULL,
    content         TEXT   NOT NULL,
    occurrence_time BIGINT NOT NULL,
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
    position        BIGINT NOT NULL,
    pic_num         BIGINT NOT NULL,
    pic_url1        TEXT   NOT NULL,
    pic_url2        TEXT   NOT NULL,
    pic_url3        TEXT   NOT NULL,
    hidden BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX property_by_user ON property (user_id, id);
CREATE INDEX property_by_user2 ON property (user2_id) WHERE user2_id <> '';
CREATE UNIQUE INDEX property_by_position ON property (type, position);

CREATE TABLE property_text (
    token    TEXT   NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (token, position)
);
CREATE INDEX property_text_by_position ON property_text (position);

CREATE TABLE shop (
    id         BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    content    TEXT   NOT NULL,
    owner      BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT GENERATED ALWAYS AS (created_at * 1073741824 + id) STORED,
    hidden BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX shop_by_owner ON shop (owner);
CREATE UNIQUE INDEX shop_by_position ON shop (position);

CREATE TABLE rank (
    account    BIGINT NOT NULL PRIMARY KEY,
    score      BIGINT NOT NULL,
    reached_at BIGINT NOT NULL
);

CREATE TABLE app (
    name TEXT NOT NULL PRIMARY KEY,
    players BIGINT NOT NULL DEFAULT 0,
    waiting BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE score (
    app        TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    score      BIGINT NOT NULL,
    reached_at BIGINT NOT NULL,
    PRIMARY KEY (app, openid)
);

CREATE TABLE player (
    app        TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    nickname   TEXT   NOT NULL,
    sex        BIGINT NOT NULL,
    province   TEXT   NOT NULL,
    city       TEXT   NOT NULL,
    country    TEXT   NOT NULL,
    headimgurl TEXT   NOT NULL,
    leaves_at BIGINT,
    PRIMARY KEY (app, openid)
);
CREATE INDEX player_by_leaving ON player (app, leaves_at) WHERE leaves_at IS NOT NULL;

CREATE TABLE quota (
    name       TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (name, key, expires_at)
);
CREATE INDEX quota_by_end ON quota (expires_at);

CREATE TABLE sms_address (
    key     TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    message BIGINT NOT NULL,
    PRIMARY KEY (key, at, message)
);
CREATE INDEX sms_address_by_message ON sms_address (message);
CREATE INDEX sms_address_by_time ON sms_address (at);

CREATE TABLE sms_guess (
    sms     BIGINT NOT NULL,
    address TEXT   NOT NULL,
    wrong   BIGINT NOT NULL,
    PRIMARY KEY (sms, address)
);

CREATE TABLE pow_key (
    key        TEXT   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE TABLE pow_paid (
    challenge  TEXT   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX pow_paid_by_end ON pow_paid (expires_at);

CREATE TABLE score_nonce (
    app        TEXT   NOT NULL,
    nonce      TEXT   NOT NULL,
    operation  TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    is_new     BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (app, nonce, operation, openid)
);
CREATE INDEX score_nonce_by_end ON score_nonce (expires_at);

CREATE TABLE name_key (
    key     TEXT   NOT NULL,
    account BIGINT NOT NULL,
    PRIMARY KEY (key, account)
);
CREATE INDEX name_key_by_account ON name_key (account);

CREATE TABLE name_hold (
    hash       TEXT   NOT NULL,
    account    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (hash, account)
);

CREATE TABLE removal (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE pending (
    name TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE picture_total (
    name  TEXT   NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL
);

CREATE TABLE shop_text (
    token    TEXT   NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (token, position)
);
CREATE INDEX shop_text_by_position ON shop_text (position);

CREATE TABLE ban (
    kind    TEXT   NOT NULL,
    value   TEXT   NOT NULL,
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    reason  TEXT   NOT NULL,
    PRIMARY KEY (kind, value)
);

CREATE TABLE audit (
    id      BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    target  TEXT   NOT NULL,
    earlier TEXT   NOT NULL,
    account BIGINT,
    address TEXT   NOT NULL DEFAULT '',
    later   TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX audit_with_earlier ON audit (at) WHERE earlier <> '';
CREATE INDEX audit_by_account ON audit (account) WHERE account IS NOT NULL;

CREATE TABLE admin (
    id             BIGINT NOT NULL PRIMARY KEY,
    name           TEXT   NOT NULL UNIQUE,
    role           TEXT   NOT NULL,
    password       TEXT   NOT NULL,
    password_count BIGINT NOT NULL DEFAULT 0,
    totp           TEXT   NOT NULL DEFAULT '',
    totp_step      BIGINT NOT NULL DEFAULT 0,
    created_at     BIGINT NOT NULL,
    last_login_at  BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE admin_recovery (
    admin BIGINT NOT NULL,
    hash  TEXT   NOT NULL,
    PRIMARY KEY (admin, hash)
);
CREATE TABLE admin_session (
    key        TEXT   NOT NULL PRIMARY KEY,
    admin      BIGINT NOT NULL,
    password   BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address    TEXT   NOT NULL
);
CREATE INDEX admin_session_by_end ON admin_session (expires_at);
CREATE INDEX admin_session_by_admin ON admin_session (admin);
