-- The sixth step of the schema: boards of games with rules of their own, and their seasons; portraits that are hidden. The same on
-- SQLite and PostgreSQL.

-- Boards with rules (handlers/ruled/). Each has a row in app as well.
CREATE TABLE board (
    name       TEXT   NOT NULL PRIMARY KEY,
    -- 'best', 'last' or 'sum'; 'highest' or 'lowest'; 'first' or 'shared' (src/boards/rules.rs).
    rule       TEXT   NOT NULL,
    direction  TEXT   NOT NULL,
    ties       TEXT   NOT NULL,
    -- 'none', 'day', 'week', 'month' or 'manual' (src/season.rs), and the time zone in which days begin.
    period     TEXT   NOT NULL,
    zone       TEXT   NOT NULL,
    -- The current season: its number, from 1, the period in which it lies, and when it began, in seconds since 1970.
    season     BIGINT NOT NULL,
    period_number    BIGINT NOT NULL,
    began_at   BIGINT NOT NULL
);

-- What players have on boards with rules, in the current season and in those that have ended.
CREATE TABLE standing (
    app        TEXT   NOT NULL,
    season     BIGINT NOT NULL,
    openid     TEXT   NOT NULL,
    -- The score, or its negative where the lowest stands first: more is always better.
    points     BIGINT NOT NULL,
    -- As score.reached_at.
    reached_at BIGINT NOT NULL,
    -- What the game added to the score.
    metadata   TEXT   NOT NULL,
    PRIMARY KEY (app, season, openid)
);

-- The list of an ended season, written in its order: so it is written in one go, where updates of standing would change a
-- page each (handlers/ruled/count.rs).
CREATE TABLE place (
    app        TEXT   NOT NULL,
    season     BIGINT NOT NULL,
    -- From 1, rising, with gaps where somebody was removed.
    position   BIGINT NOT NULL,
    -- Players who share a place differ in the position alone.
    place      BIGINT NOT NULL,
    openid     TEXT   NOT NULL,
    -- As in standing; by these two the list is sorted.
    points     BIGINT NOT NULL,
    reached_at BIGINT NOT NULL,
    PRIMARY KEY (app, season, position)
);

-- Seasons that have ended.
CREATE TABLE season (
    app        TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    -- In seconds since 1970.
    began_at   BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    -- How many have a place; NULL as long as places are being counted.
    players    BIGINT,
    -- When the game's server was told of it; NULL if it was not yet, 0 if it is not to be. And how often that was tried,
    -- and when it is tried next.
    told_at    BIGINT,
    attempts   BIGINT NOT NULL,
    try_at     BIGINT NOT NULL,
    PRIMARY KEY (app, number)
);

-- Whether the default picture is shown in its place (handlers/admin/pictures.rs): 0 or 1.
ALTER TABLE portrait ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0;

-- Names of players that WeChat is to look through (handlers/wx_texts.rs).
CREATE TABLE text_check (
    app      TEXT   NOT NULL,
    openid   TEXT   NOT NULL,
    nickname TEXT   NOT NULL,
    -- When the player told it, in seconds since 1970.
    at       BIGINT NOT NULL,
    -- How often it was tried, and when it is tried next.
    attempts BIGINT NOT NULL,
    try_at   BIGINT NOT NULL,
    PRIMARY KEY (app, openid)
);
CREATE INDEX text_check_by_try ON text_check (try_at);
