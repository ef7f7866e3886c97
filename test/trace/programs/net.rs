//! Sockets and child processes of std.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    client.set_nodelay(true)?;
    client.write_all(b"ping")?;
    let mut buffer = [0; 4];
    server.read_exact(&mut buffer)?;
    drop(client);
    let rest = server.read(&mut buffer)?;
    println!("{:?} {}", buffer, rest);

    let udp = UdpSocket::bind("127.0.0.1:0")?;
    udp.set_read_timeout(Some(std::time::Duration::from_millis(2)))?;
    udp.send_to(b"datagram", udp.local_addr()?)?;
    let mut packet = [0; 16];
    println!("{}", udp.recv_from(&mut packet)?.0);
    println!("{:?}", udp.recv_from(&mut packet).unwrap_err().kind());

    let (mut a, mut b) = UnixStream::pair()?;
    a.write_all(b"unix")?;
    b.read_exact(&mut buffer)?;

    let output = Command::new("/bin/echo").arg("child").output()?;
    println!("{:?}", output);
    let status = Command::new("/bin/false").stdin(Stdio::null()).status()?;
    println!("{:?} {:?}", status.code(), Command::new("/no/such").spawn().unwrap_err().kind());
    Ok(())
}
