-- The third step of the schema: the account's whole life. The same on SQLite and on PostgreSQL, where servers of the
-- step before go on serving.

-- What a code is for (handlers/sms/purpose.rs). It proves nothing for another purpose.
ALTER TABLE sms ADD COLUMN purpose TEXT NOT NULL DEFAULT 'register';

-- When a session was opened, and the client's address then, so that the account's owner knows it again.
ALTER TABLE session ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX session_by_account ON session (account);

-- When somebody last logged in to the account, or made it. Numbers are given out again, so a code alone does not open
-- an account that nobody has used for long (handlers/user/proof.rs).
ALTER TABLE account ADD COLUMN last_login_at BIGINT NOT NULL DEFAULT 0;

-- A session's row stays for 30 days after its end, and it was opened before it.
UPDATE account SET last_login_at = coalesce(
    (SELECT max(session.expires_at) - 2592000 FROM session WHERE session.account = account.id), created_at);

-- The notices of an account, which its owner takes along or removes, and those in which it took part.
CREATE INDEX property_by_user ON property (user_id, id);
CREATE INDEX property_by_user2 ON property (user2_id) WHERE user2_id <> '';

-- 1 where the operator has hidden it: only the account whose it is sees it.
ALTER TABLE property ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0;
ALTER TABLE shop ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0;

-- 1 where the operator has disabled it: nobody logs in to it.
ALTER TABLE account ADD COLUMN disabled BIGINT NOT NULL DEFAULT 0;

-- Networks and mobile numbers that the operator has banned (handlers/moderation/bans.rs).
CREATE TABLE ban (
    -- network or number.
    kind    TEXT   NOT NULL,
    value   TEXT   NOT NULL,
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    reason  TEXT   NOT NULL,
    PRIMARY KEY (kind, value)
);

-- What the operator has changed by commands (handlers/moderation/audit.rs). Rows are only added.
CREATE TABLE audit (
    id      BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    -- The user of the machine.
    actor   TEXT   NOT NULL,
    -- Such as `notice remove`.
    action  TEXT   NOT NULL,
    target  TEXT   NOT NULL,
    -- What a removed row had, as JSON; '' where there is nothing, and after 30 days.
    earlier TEXT   NOT NULL,
    -- Whose the removed row was; its removal takes `earlier` along.
    account BIGINT
);
CREATE INDEX audit_with_earlier ON audit (at) WHERE earlier <> '';
CREATE INDEX audit_by_account ON audit (account) WHERE account IS NOT NULL;
INSERT INTO sequence (name, last) VALUES ('audit', 0);
