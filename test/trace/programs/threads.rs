//! Threads one after the other, a channel, a panic that is caught.
use std::sync::{mpsc, Arc, Mutex};
use std::thread;

fn main() {
    let sum = Arc::new(Mutex::new(0));
    for i in 0..3 {
        let sum = sum.clone();
        thread::spawn(move || *sum.lock().unwrap() += i).join().unwrap();
    }
    println!("{}", sum.lock().unwrap());
    let (send, receive) = mpsc::channel();
    send.send(5).unwrap();
    println!("{:?}", receive.recv());
    println!("{}", thread::Builder::new().name("named".into()).spawn(|| panic!("on purpose")).unwrap().join().is_err());
    thread::sleep(std::time::Duration::from_millis(2));
}
