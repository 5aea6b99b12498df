//! The business: every operation, one folder or file a type, and the documents that reach them.
//!
//! A new type is a line in [`program`]. None of it names a socket, a thread or a connection.

pub mod admin;
pub mod boards;
pub mod demo;
mod documents;
mod game;
mod guest;
pub mod identity;
mod img;
pub mod leancloud;
pub mod moderation;
mod new_players;
pub mod phone;
mod player;
pub mod portrait;
mod property;
mod rank;
mod removal;
mod report;
mod round;
pub mod ruled;
mod score;
mod score_checks;
mod shop;
mod signing;
pub mod sms;
mod text;
pub mod user;
mod visible_text;
mod wx;
mod wx_texts;

use engine::console::Console;
use engine::db::{DatabaseSpec, Db, Schema, Upgrade, View};
use engine::describe::Info;
use engine::op::{RegisteredTwice, Registry};
use engine::program::Program;

/// The database.
pub const SCHEMA: Schema = Schema {
    steps: &[
        include_str!("../schema.sql"),
        include_str!("../schema/step-2.sql"),
        include_str!("../schema/step-3.sql"),
        include_str!("../schema/step-4.sql"),
        include_str!("../schema/step-5.sql"),
        include_str!("../schema/step-6.sql"),
    ],
    deferred: &[&rank::KEEP, &score::KEEP, &score::KEEP_ANY],
    indexes: &[&property::NOTICES, &shop::SHOPS],
    pictures: "SELECT file FROM portrait UNION ALL SELECT avatar FROM account WHERE avatar <> ''",
    sealed: "SELECT id_card FROM account WHERE id_card LIKE 'x1.%' LIMIT 1",
    // The first four steps in PostgreSQL's words, and those that are the same on both.
    postgres: concat!(
        include_str!("../schema.pg.sql"),
        include_str!("../schema/step-5.sql"),
        include_str!("../schema/step-6.sql")
    ),
    postgres_steps: &[
        (3, include_str!("../schema/step-3.sql")),
        (4, include_str!("../schema/step-4.sql")),
        (5, include_str!("../schema/step-5.sql")),
        (6, include_str!("../schema/step-6.sql")),
    ],
    upgrades: &[
        Upgrade { step: 2, run: user::name::fill_keys },
        Upgrade { step: 2, run: user::seal_all },
        Upgrade { step: 3, run: user::fill_last_logins },
    ],
};

/// What of it is moved to another machine: not who is logged in, nor what proves something for some
/// minutes.
pub const CONTENT: DatabaseSpec = DatabaseSpec {
    schema: SCHEMA,
    ephemeral: &[
        "admin_session",
        "captcha",
        "login_failure",
        "name_hold",
        "name_key",
        "named_captcha",
        "pending",
        "player_session",
        "pow_key",
        "pow_paid",
        "quota",
        "removal",
        "round",
        "score_nonce",
        "session",
        "sms",
        "sms_address",
        "sms_guess",
        "text_check",
    ],
};

/// What removes rows that are of no more use.
const SWEEPS: &[&str] = &[
    engine::quota::SWEEP,
    img::SWEEP,
    admin::SWEEP_SESSIONS,
    moderation::audit::SWEEP,
    moderation::bans::SWEEP,
    moderation::reviews::SWEEP,
    img::SWEEP_NAMED,
    img::SWEEP_POW_KEYS,
    img::SWEEP_POW_PAID,
    identity::SWEEP,
    round::SWEEP,
    new_players::SWEEP,
    new_players::RECOUNT,
    sms::SWEEP,
    sms::SWEEP_ADDRESSES,
    sms::SWEEP_GUESSES,
    wx_texts::SWEEP,
    user::SWEEP_SESSIONS,
    user::SWEEP_REMOVED,
    user::SWEEP_FAILURES,
    user::name::SWEEP_HOLDS,
];

/// What descriptions say of the API.
const INFO: Info = Info {
    title: "Guichet",
    version: env!("CARGO_PKG_VERSION"),
    description: "Accounts, captchas, SMS codes, pictures, notices, shops and leaderboards.\n\nEvery operation \
        has a path of its own under `/api/op`, where the HTTP status follows the fault. The same operations are \
        behind `/api` (envelopes), `/api/rpc` (JSON-RPC 2.0) and the paths of the documents.",
    types: &[
        ("img", "Captchas: pictures, or proof of work."),
        ("sms", "Codes that are sent to mobile telephones."),
        ("user", "Accounts, logins and profiles."),
        ("portrait", "Pictures of people, by number."),
        ("property", "Notices of things that were lost or found."),
        ("shop", "Shops, each with a name and a text."),
        ("rank", "The leaderboard of accounts: the newest score counts."),
        ("score", "Leaderboards of games: a player's highest score counts."),
        ("player", "What leaderboards of games show of their players."),
        ("round", "Rounds that players begin, so that a score is of one of them."),
        ("wx", "Players of WeChat's mini-programs."),
        ("report", "What people report to those who look after the server."),
    ],
};

/// All that Guichet brings to the engine.
pub fn program() -> Result<Program, RegisteredTwice> {
    let mut registry = Registry::default();
    img::register(&mut registry)?;
    sms::register(&mut registry)?;
    user::register(&mut registry)?;
    portrait::register(&mut registry)?;
    property::register(&mut registry)?;
    shop::register(&mut registry)?;
    rank::register(&mut registry)?;
    score::register(&mut registry)?;
    player::register(&mut registry)?;
    guest::register(&mut registry)?;
    round::register(&mut registry)?;
    wx::register(&mut registry)?;
    report::register(&mut registry)?;
    Ok(Program {
        registry,
        schema: SCHEMA,
        sweeps: SWEEPS,
        info: INFO,
        upkeep: Some(portrait::clean::step),
        documents: documents::ALL,
        pictures: documents::PICTURES,
        endpoints: documents::ENDPOINTS,
        follow_up: Some(moderation::follow_up),
        home: include_str!("../assets/home.html"),
        console: Console::default(),
        top: Some(("score", "top")),
        own: Some(("score", "get")),
    })
}

/// What a start does before anyone is served: build the boards from their rows, and remove what a
/// crash left behind.
pub fn prepare(db: &Db) -> Result<(), String> {
    let fault_text = |fault| format!("{fault:?}");
    removal::finish(db).map_err(fault_text)?;
    db.load_boards(|view| {
        rank::load(view)?;
        score::load(view)?;
        ruled::load(view)
    })
    .map_err(fault_text)?;
    ruled::settings::make_configured(db)?;
    let view = db.view();
    // A disk that is full is no reason not to serve: the counts are bounds, not contents.
    if let Err(fault) = new_players::reconcile(db) {
        tracing::warn!(cause = ?fault.cause(), "the players of the boards were not counted");
    }
    tidy(&view)
}

/// Remove uploaded pictures that no row names: a crash left them behind.
fn tidy(view: &View) -> Result<(), String> {
    let used = SCHEMA.named_pictures(view).map_err(|fault| format!("{fault:?}"))?;
    view.pictures.tidy(|name| used.contains(name)).map_err(|error| format!("pictures: {error}"))
}

/// The answer of an operation that has nothing to say: `{}`.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub struct EmptyReply {}

/// How many places on each side of a player are shown unless another number is asked for.
const SPAN: u64 = 5;

/// The places around `place`, `span` on each side: the first of them, and how many.
fn window(place: u64, span: u64) -> (u64, usize) {
    let first = place.saturating_sub(span).max(1);
    (first, usize::try_from(place - first + span + 1).unwrap_or(usize::MAX))
}
