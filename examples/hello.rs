//! A program of one's own: the engine with one operation.
//!
//! `cargo run --example hello`, then
//! `curl 127.0.0.1:8080/api -d '{"id":1,"status":0,"type":"hello","subtype":"greet","data":{"name":"Ada"}}'`

use engine::caller::Anyone;
use engine::data::Text;
use engine::fault::FaultKind;
use engine::op::{Name, Op, Read};
use engine::{config::Config, data, db::View, fault::Fault, program::Program, server::Server};

data! {
    /// Greet somebody.
    struct Greet { name: Text<1, 32>, }
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut program = Program { home: "Say hello at /api.", ..Program::default() };
    program.registry.op::<Greet>()?;
    let config = Config { data_dir: "data-hello".into(), ..Config::default() };
    Server::open(config, program)?.run()?;
    Ok(())
}
