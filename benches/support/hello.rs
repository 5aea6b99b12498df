//! A trivial operation, the baseline for others.

use engine::caller::Anyone;
use engine::data::Text;
use engine::db::View;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read};

engine::data! {
    /// Greet somebody.
    pub struct Greet { name: Text<1, 32>, }
}

impl Op for Greet {
    const NAME: Name = ("hello", "greet");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"name": "Omar"}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = String;

    fn run(self, _: &View, _: Anyone) -> Result<String, Fault> {
        Ok(format!("Hello, {}!", &*self.name))
    }
}
