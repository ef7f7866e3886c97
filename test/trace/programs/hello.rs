//! Arguments, the environment, output, and an exit code.
use std::io::{Read, Write};

fn main() {
    println!("hello {:?}", std::env::args().nth(1));
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    std::io::stderr().write_all(b"to stderr\n").unwrap();
    println!("{} bytes, PATH {:?}", input.len(), std::env::var("PATH"));
    std::process::exit(7);
}
