//! a. What the envelope costs on top of bare hyper.

use crate::contest::{Effort, Side, alternate};
use crate::folder::Folder;
use crate::load::Load;
use crate::peers;
use crate::process::Running;
use crate::report::Row;
use crate::search::NoticeDatabase;
use crate::wire::{self, DONE};

const SECTION: &str = "a. The envelope on top of hyper";

pub fn run(effort: Effort, _: &mut NoticeDatabase) -> Vec<Row> {
    let folder = Folder::new();
    let bare = Running::announced(&mut peers::own_program("serve-bare"));
    let hello = Running::announced(peers::own_program("serve-hello").arg(folder.path()));
    let read = Running::announced(&mut peers::own_program("serve-read"));
    let decode = Running::announced(&mut peers::own_program("serve-decode"));
    let load = Load::http(32, DONE, |_, out| {
        wire::envelope(out, ("hello", "greet"), r#"{"name":"Ada"}"#);
    });
    let sides = [
        Side { name: "Guichet", server: &hello, load: load.clone() },
        Side { name: "bare hyper, a fixed answer", server: &bare, load: load.clone() },
        Side { name: "bare hyper that reads the body", server: &read, load: load.clone() },
        Side { name: "that decodes it too", server: &decode, load },
    ];
    let [hello, bare, read, decode] = &alternate(effort, &sides)[..] else { unreachable!() };
    vec![
        Row::cpu(SECTION, "CPU a request", hello, bare).aim(1.15),
        Row::cpu(SECTION, "CPU a request", hello, read),
        Row::cpu(SECTION, "CPU a request", hello, decode),
        Row::cpu(SECTION, "the floor: reading and decoding the body", decode, bare).floor(),
        Row::rate(SECTION, "requests a second", hello, bare),
    ]
}
