# Hello without a libc and without Go: two syscalls by hand, GNU as in Intel syntax.

        .intel_syntax noprefix
        .globl  _start

        .section .rodata
message:
        .ascii  "hello from assembly\n"
        .set    message_length, . - message

        .text
        .type   _start, @function
_start:
        mov     eax, 1                  # write
        mov     edi, 1                  # fd: stdout
        lea     rsi, [rip + message]    # buf
        mov     edx, message_length     # count
        syscall

        mov     eax, 231                # exit_group
        xor     edi, edi                # error_code
        syscall
        .size   _start, . - _start

        .section .note.GNU-stack, "", @progbits
