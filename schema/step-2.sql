-- The second step of the schema: limits, and what is kept of people in private.

-- How often something was done under a key: an address, an account, a telephone number
-- (src/quota.rs). One row a slot of the limit's window.
CREATE TABLE quota (
    -- The limit's name.
    name       TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    -- When the slot no longer counts.
    expires_at BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (name, key, expires_at)
) WITHOUT ROWID;

CREATE INDEX quota_by_end ON quota (expires_at);

-- Messages of the last 24 hours by the client's address, and by each network that its limit counts
-- for (handlers/sms/quota.rs).
CREATE TABLE sms_address (
    -- An IPv4 address, or an IPv6 network in CIDR notation.
    key     TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    -- The message's id; not one of sms where the number had an account and nothing was sent.
    message BIGINT NOT NULL,
    PRIMARY KEY (key, at, message)
) WITHOUT ROWID;

CREATE INDEX sms_address_by_message ON sms_address (message);
CREATE INDEX sms_address_by_time ON sms_address (at);

INSERT INTO sms_address (key, at, message)
SELECT CASE WHEN address LIKE '%:%' THEN address || '/64' ELSE address END, sent_at, id FROM sms;

-- How many messages were sent in a day.
CREATE INDEX sms_by_time ON sms (sent_at);

-- Wrong guesses at a code by address (handlers/sms/code.rs); sms.wrong has those of all.
CREATE TABLE sms_guess (
    sms     BIGINT NOT NULL,
    address TEXT   NOT NULL,
    wrong   BIGINT NOT NULL,
    PRIMARY KEY (sms, address)
) WITHOUT ROWID;

-- Keys that sign challenges of proof of work (handlers/img/pow.rs): a new one every day.
CREATE TABLE pow_key (
    key        TEXT   NOT NULL PRIMARY KEY,
    -- When the last challenge that it may have signed has expired.
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Challenges of proof of work that have paid.
CREATE TABLE pow_paid (
    challenge  TEXT   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX pow_paid_by_end ON pow_paid (expires_at);

-- 1 if a captcha has so many characters that nobody can find its code by trying. Only such captchas pay
-- while their client's address has sent too many wrong proofs (handlers/img/pay.rs).
ALTER TABLE captcha ADD COLUMN strong BIGINT NOT NULL DEFAULT 0;
ALTER TABLE named_captcha ADD COLUMN strong BIGINT NOT NULL DEFAULT 0;

-- Games (handlers/boards.rs, handlers/newcomer.rs): how many players a board has, counted here so
-- that no write has to count rows. A start sets both to what the rows say.
-- Players with a score.
ALTER TABLE app ADD COLUMN players BIGINT NOT NULL DEFAULT 0;
-- Players whom their game has described and who have no score yet.
ALTER TABLE app ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0;

-- When the row of a player without a score is removed; NULL once there is a score.
ALTER TABLE player ADD COLUMN leaves_at BIGINT;

-- Rows that are there already and have no score count as new from the first start on; 0 stands for
-- that start's time.
UPDATE player SET leaves_at = 0
 WHERE NOT EXISTS (SELECT 1 FROM score WHERE score.app = player.app AND score.openid = player.openid);

CREATE INDEX player_by_leaving ON player (app, leaves_at) WHERE leaves_at IS NOT NULL;

-- What signed requests have done, under the nonce of the request: a request that comes again does
-- nothing and is answered from here (handlers/signing.rs).
CREATE TABLE score_nonce (
    app        TEXT   NOT NULL,
    nonce      TEXT   NOT NULL,
    -- score/post or player/update.
    operation  TEXT   NOT NULL,
    openid     TEXT   NOT NULL,
    -- 1 if the operation told of a new player.
    is_new     BIGINT NOT NULL,
    -- When its time is too old for any request, by the system's clock.
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (app, nonce, operation, openid)
) WITHOUT ROWID;

CREATE INDEX score_nonce_by_end ON score_nonce (expires_at);

-- What user names are compared by (handlers/user/name/key.rs): a name is too much like another if both
-- have a key. Names from before this table may have keys in common. It follows from account.username.
CREATE TABLE name_key (
    key     TEXT   NOT NULL,
    account BIGINT NOT NULL,
    PRIMARY KEY (key, account)
) WITHOUT ROWID;

CREATE INDEX name_key_by_account ON name_key (account);

-- Names that an account left, as keyed hashes: nobody else gets them until then.
CREATE TABLE name_hold (
    hash       TEXT   NOT NULL,
    -- The account that left it, and may take it again.
    account    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (hash, account)
) WITHOUT ROWID;

-- What is left to do once accounts were removed: whoever removed them may not be the server, which has
-- boards in memory, and files can't be removed in a transaction (handlers/user/remove.rs).
CREATE TABLE removal (
    -- 'rank': the account leaves the board in memory. 'picture': a file is removed.
    kind TEXT NOT NULL,
    -- The account's id, or the file's name.
    name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- What an upgrade leaves to do before anybody is served (src/db/compact.rs).
CREATE TABLE pending (
    name TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

-- Portraits and avatars: whose a file is and how large, in bytes. -1 is a picture of an earlier
-- version: it was not measured, and what a camera wrote into it was not cut off yet
-- (handlers/portrait/clean.rs does both).
ALTER TABLE portrait ADD COLUMN size BIGINT NOT NULL DEFAULT -1;
-- The account that uploads under this id; NULL: anyone may.
ALTER TABLE portrait ADD COLUMN owner BIGINT;
ALTER TABLE portrait ADD COLUMN stored_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN avatar_size BIGINT NOT NULL DEFAULT -1;

UPDATE portrait SET owner = id WHERE id IN (SELECT id FROM account);

CREATE INDEX portrait_by_owner ON portrait (owner) WHERE owner IS NOT NULL;
CREATE INDEX portrait_not_cleaned ON portrait (id) WHERE size = -1;
CREATE INDEX avatar_not_cleaned ON account (id) WHERE avatar_size = -1 AND avatar <> '';

-- What pictures of a kind take together, in bytes: 'open', portraits without an owner
-- (handlers/portrait/limits.rs). No row: none.
CREATE TABLE picture_total (
    name  TEXT   NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL
) WITHOUT ROWID;

-- Shops are listed from the newest and found by pairs of characters, as notices are. A shop's place in
-- that order: its time, then its id, which has nine digits, so fewer than 30 bits.
ALTER TABLE shop ADD COLUMN position BIGINT GENERATED ALWAYS AS (created_at * 1073741824 + id) VIRTUAL;
CREATE UNIQUE INDEX shop_by_position ON shop (position);
DROP INDEX shop_by_time;

-- As property_text; all shops are in the group 0. An upgrade fills it from the rows (src/db/schema.rs).
CREATE VIRTUAL TABLE shop_text USING fts5 (
    pairs, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
INSERT INTO shop_text (shop_text, rank) VALUES ('automerge', 8);
