//! A document to begin with.

/// The skeleton of a document with this name.
pub fn skeleton(name: &str) -> Result<String, String> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > 40 || !name.bytes().all(is_name) {
        return Err(format!("{name}: a name is up to 40 small letters, digits and hyphens"));
    }
    Ok(include_str!("skeleton.toml").replace("NAME", name))
}
