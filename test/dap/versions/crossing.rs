//! The same story as main.go, without a library.
#![no_std]
#![no_main]
use core::arch::{asm, global_asm};

global_asm!(".globl _start", "_start:", "xor %ebp, %ebp", "and $-16, %rsp", "call main", "mov %eax, %edi", "mov $231, %eax", "syscall", options(att_syntax));

pub struct Node<'a> {
    value: i32,
    next: Option<&'a Node<'a>>,
}

pub enum Shape {
    Point,
    Square { side: i64, name: &'static str },
}

static mut CALLS: u32 = 0;

unsafe fn write(fd: i32, text: &[u8]) -> isize {
    let result: isize;
    asm!("syscall", inlateout("rax") 1isize => result, in("rdi") fd, in("rsi") text.as_ptr(), in("rdx") text.len(), out("rcx") _, out("r11") _);
    result
}

#[no_mangle]
#[inline(never)]
pub unsafe fn report(fd: i32, words: &[&str], shape: &Shape, list: &Node) -> Option<usize> {
    let mut line = [0u8; 32];
    let mut length = 0;
    CALLS += 1;
    for (i, word) in words.iter().enumerate() {
        for byte in word.bytes() {
            line[length & 31] = byte;
            length += 1;
        }
        line[length & 31] = if i == 0 { b' ' } else { b'\n' };
        length += 1;
    }
    match (shape, list.next) {
        (Shape::Square { side: 3, name }, Some(next)) if next.value == 8 && !name.is_empty() => {}
        _ => line[0] = b'?',
    }
    let n = write(fd, core::slice::from_raw_parts(line.as_ptr(), length));
    if n < 0 { None } else { Some(n as usize) }
}

#[no_mangle]
pub unsafe extern "C" fn main() -> i32 {
    let words = ["hello,", "kernel"];
    let second = Node { value: 8, next: None };
    let first = Node { value: 7, next: Some(&second) };
    let shape = if words.len() == 2 { Shape::Square { side: 3, name: "small" } } else { Shape::Point };
    match report(1, &words, &shape, &first) {
        Some(14) => 0,
        _ => 1,
    }
}

/// What the compiler and its core library ask of a C library when nothing is optimised.
#[no_mangle]
pub unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    asm!("rep stosb", inout("rdi") to => _, in("al") byte as u8, inout("rcx") count => _);
    to
}

#[no_mangle]
pub extern "C" fn rust_eh_personality() {}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
