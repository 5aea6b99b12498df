-- The fifth step of the schema: keys for other servers, content to be looked at, scores that are held, who players are. The same on SQLite
-- and on PostgreSQL.

-- A key with which another server calls operations of the console (handlers/admin/keys.rs).
CREATE TABLE api_key (
    id         BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    -- SHA-256 of the key, in hex: a key has 128 random bits.
    hash       TEXT   NOT NULL UNIQUE,
    -- The subtypes of the operations that it may call, separated by spaces, with one before the first and after the last.
    operations TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    -- When it was last used, with a precision of a minute; 0 where never.
    used_at    BIGINT NOT NULL DEFAULT 0,
    -- The address that it was last used from.
    address    TEXT   NOT NULL DEFAULT ''
);

-- Something that a person should look at: it was reported, or has a word of the list (handlers/moderation/reviews.rs).
CREATE TABLE review (
    id         BIGINT NOT NULL PRIMARY KEY,
    -- notice, shop, account or player.
    kind       TEXT   NOT NULL,
    -- Its id; of a player the game and the openid, with a space between.
    target     TEXT   NOT NULL,
    -- The account that reported it; 0 where the word list did.
    reporter   BIGINT NOT NULL,
    -- Why: what the reporter wrote, or the word.
    reason     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    -- '' while it is open; then approve, hide or remove.
    decision   TEXT   NOT NULL DEFAULT '',
    decided_at BIGINT NOT NULL DEFAULT 0,
    UNIQUE (kind, target, reporter)
);
CREATE INDEX review_by_decision ON review (decision, id);
CREATE INDEX review_by_reporter ON review (reporter);

-- A score that does not count until somebody has confirmed it (handlers/moderation/scores.rs).
CREATE TABLE held_score (
    app        TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    score      BIGINT NOT NULL,
    -- In microseconds since 1970, as score.reached_at.
    reached_at BIGINT NOT NULL,
    -- Why it is held.
    reason     TEXT   NOT NULL,
    PRIMARY KEY (app, openid)
);

-- A player of a game who has proven who it is (handlers/identity.rs). No account.
CREATE TABLE player_session (
    -- SHA-256 of the token, in hex.
    key        TEXT   NOT NULL PRIMARY KEY,
    app        TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX player_session_by_end ON player_session (expires_at);

-- A round that a player has begun and for which no score was posted yet (handlers/round.rs).
CREATE TABLE round (
    -- SHA-256 of its ticket, in hex.
    key        TEXT   NOT NULL PRIMARY KEY,
    app        TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    -- In milliseconds since 1970.
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX round_by_player ON round (app, openid, started_at);
CREATE INDEX round_by_end ON round (expires_at);

INSERT INTO sequence (name, last) VALUES ('api_key', 0), ('review', 0);
