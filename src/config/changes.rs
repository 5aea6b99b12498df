//! Which sections of a configuration differ from another's.

use super::Config;

impl Config {
    /// The names of the sections, and of the keys that are in none, in which `other` differs.
    pub fn changes(&self, other: &Config) -> Vec<&'static str> {
        // Every field is named here, so that a new one can't be forgotten.
        macro_rules! compare {
            ($($field:ident),*) => {{
                let Config { $($field),* } = self;
                [$((stringify!($field), *$field != other.$field)),*]
            }};
        }
        let compared = compare!(
            listen, public_url, data_dir, disk, timezone, database, session, envelope, cors, web,
            captcha, sms, portrait, store, rank, score, shop, limits, privacy, backup, log,
            metrics
        );
        compared.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}
