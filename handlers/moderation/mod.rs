//! What the operator does about content and people, for commands: look, hide, remove, disable. Beside a running server it
//! takes effect at once.

pub mod accounts;
pub mod notices;
pub mod scores;
pub mod shops;
