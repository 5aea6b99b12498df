//! Draws captchas for measuring how well machines read them (benches/captcha/ocr.py):
//!
//!     cargo run --example captchas -- FOLDER 200
//!
//! makes FOLDER/png, of five characters, and FOLDER/jpg, of four. Each file's name ends in what it reads.

use std::path::PathBuf;
use std::{env, fs};

use engine::captcha::{Format, code, draw};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder")?);
    let count: usize = arguments.next().ok_or("say how many")?.parse()?;
    for (extension, format, length) in [("png", Format::Png, 5), ("jpg", Format::Jpeg, 4)] {
        let folder = folder.join(extension);
        fs::create_dir_all(&folder)?;
        for nth in 0..count {
            let code = code(length);
            fs::write(folder.join(format!("{nth:03}-{code}.{extension}")), draw(&code, format)?)?;
        }
    }
    Ok(())
}
