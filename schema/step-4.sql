-- The fourth step of the schema: people who look after the server. The same on SQLite and on PostgreSQL.

-- An admin: somebody who looks after the server (handlers/admin/).
CREATE TABLE admin (
    id             BIGINT NOT NULL PRIMARY KEY,
    name           TEXT   NOT NULL UNIQUE,
    -- viewer, moderator or owner: each may do what the one before may, and more.
    role           TEXT   NOT NULL,
    -- Argon2id in PHC form, as account.password.
    password       TEXT   NOT NULL,
    -- How often the password or the role was changed: a session opened under an older count is stale.
    password_count BIGINT NOT NULL DEFAULT 0,
    -- The secret of its authenticator app (RFC 6238), encrypted; '' where it has none.
    totp           TEXT   NOT NULL DEFAULT '',
    -- The last time step whose code was used: a code is good once.
    totp_step      BIGINT NOT NULL DEFAULT 0,
    created_at     BIGINT NOT NULL,
    -- 0 where it never logged in.
    last_login_at  BIGINT NOT NULL DEFAULT 0
);

-- Codes for whoever lost the device with the authenticator app; each is good once.
CREATE TABLE admin_recovery (
    admin BIGINT NOT NULL,
    -- SHA-256 of the code, in hex: a code has 80 random bits.
    hash  TEXT   NOT NULL,
    PRIMARY KEY (admin, hash)
);

-- A login of an admin.
CREATE TABLE admin_session (
    -- SHA-256 of the token, in hex.
    key        TEXT   NOT NULL PRIMARY KEY,
    admin      BIGINT NOT NULL,
    -- The admin's password_count when it was opened.
    password   BIGINT NOT NULL,
    -- When it was last used, with a precision of a minute: it ends when it is idle for 30 minutes.
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- The client's address.
    address    TEXT   NOT NULL
);
CREATE INDEX admin_session_by_end ON admin_session (expires_at);
CREATE INDEX admin_session_by_admin ON admin_session (admin);

-- Where a change came from: an address; '' where a command made it.
ALTER TABLE audit ADD COLUMN address TEXT NOT NULL DEFAULT '';
-- What was there after a change, as JSON; '' where the action says it.
ALTER TABLE audit ADD COLUMN later TEXT NOT NULL DEFAULT '';

INSERT INTO sequence (name, last) VALUES ('admin', 0);
