//! Limits against abuse: each limit with its figure, and that regular users are served meanwhile.
//! One module for each part of `docs/limits.md`.

mod board_counts;
mod captcha_guesses;
mod client_address;
mod disk_reserve;
mod fairness;
mod games;
mod headers;
mod locked_address;
mod login_guesses;
mod memory;
mod names;
mod outbox;
mod pictures;
mod privacy;
mod process;
mod proof_of_work;
mod signing;
mod sms_guesses;
mod upgrade;
