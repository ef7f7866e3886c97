//! What std::fs does.
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{symlink, FileExt, PermissionsExt};

fn main() -> std::io::Result<()> {
    fs::create_dir_all("made/deep")?;
    let mut file = fs::OpenOptions::new().read(true).write(true).create_new(true).open("made/a")?;
    file.write_all(b"some text\n")?;
    file.seek(SeekFrom::Start(5))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    file.write_at(b"SOME", 0)?;
    file.set_len(6)?;
    file.sync_data()?;
    println!("{text:?} {}", file.metadata()?.len());
    drop(file);
    fs::set_permissions("made/a", fs::Permissions::from_mode(0o600))?;
    symlink("a", "made/s")?;
    fs::hard_link("made/a", "made/h")?;
    fs::rename("made/h", "made/deep/h")?;
    println!("{:?} {:?}", fs::read_link("made/s")?, fs::symlink_metadata("made/s")?.len());
    let mut names: Vec<_> = fs::read_dir("made")?.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    println!("{names:?} {}", fs::copy("text.txt", "made/copy")?);
    println!("{:?}", fs::read("made/none").unwrap_err().kind());
    println!("{:?}", fs::canonicalize("made/s")?.file_name());
    for name in ["copy", "s", "a"] {
        fs::remove_file(format!("made/{name}"))?;
    }
    fs::remove_dir_all("made")
}
