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
