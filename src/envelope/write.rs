//! Writing an answer.

use crate::fault::Fault;
use crate::op::Answer;
use crate::status::Status;

/// The text that goes with status 0.
const SUCCESSFUL: &str = "successful";

/// Write one answer; without `id` where that is `None`. The keys stand in the contract's order; `detail`, which says in plain words
/// what is wrong, comes last and only with a fault. An error is why an operation's answer could not
/// be written: the client was told a fault instead, and the log knows nothing of it yet.
pub fn write(
    out: &mut Vec<u8>,
    id: impl Into<Option<i64>>,
    empty_data: &str,
    table: fn(&Fault) -> Status,
    result: Result<Answer, Fault>,
) -> Result<(), Box<Fault>> {
    let id = id.into();
    let answer = match result {
        Ok(answer) => answer,
        Err(fault) => {
            refuse(out, id, empty_data, table, &fault);
            return Ok(());
        }
    };
    succeed(out, id, &answer).map_err(Box::new).inspect_err(|fault| {
        refuse(out, id, empty_data, table, fault);
    })
}

/// Write an answer that tells success. An error is why it could not be written: then nothing was.
pub fn succeed(
    out: &mut Vec<u8>,
    id: impl Into<Option<i64>>,
    answer: &Answer,
) -> Result<(), Fault> {
    let start = out.len();
    put(out, id.into(), 0, SUCCESSFUL);
    if let Err(error) = answer.write(out) {
        // Half an answer is none.
        out.truncate(start);
        return Err(Fault::unknown(error));
    }
    out.push(b'}');
    Ok(())
}

/// Write an answer that tells a fault.
pub fn refuse(
    out: &mut Vec<u8>,
    id: impl Into<Option<i64>>,
    empty_data: &str,
    table: fn(&Fault) -> Status,
    fault: &Fault,
) {
    let Status { code, message } = table(fault);
    put(out, id.into(), code, message);
    out.extend_from_slice(empty_data.as_bytes());
    if let Some(detail) = fault.detail() {
        out.extend_from_slice(b",\"detail\":");
        // Writing text to a Vec can't fail.
        let _ = serde_json::to_writer(&mut *out, &*detail);
    }
    out.push(b'}');
}

/// All of an answer up to the value of `data`. By hand: this is part of every answer, and formatting
/// would cost as much as the rest of it.
fn put(out: &mut Vec<u8>, id: Option<i64>, status: i64, message: &'static str) {
    let mut digits = itoa::Buffer::new();
    out.push(b'{');
    if let Some(id) = id {
        out.extend_from_slice(b"\"id\":");
        out.extend_from_slice(digits.format(id).as_bytes());
        out.push(b',');
    }
    out.extend_from_slice(b"\"status\":");
    out.extend_from_slice(digits.format(status).as_bytes());
    // The texts are those of the contract's tables: none has a character that JSON escapes.
    debug_assert!(!message.contains(['"', '\\']) && !message.chars().any(char::is_control));
    out.extend_from_slice(b",\"message\":\"");
    out.extend_from_slice(message.as_bytes());
    out.extend_from_slice(b"\",\"data\":");
}
