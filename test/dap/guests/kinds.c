#include <stdio.h>
#include <stdint.h>
#include <string.h>

enum color { RED, GREEN = 5, BLUE };
struct point { int x, y; };
union either { int whole; float part; unsigned char bytes[4]; };
struct node { struct node *next; const char *label; struct point at; };
struct packed { unsigned a : 3; int b : 5; unsigned c : 12; };
typedef unsigned long counter_t;
typedef int (*operation)(int, int);

static int total = 7;
const char *greeting = "hello";
struct point origin = { 3, 4 };

__attribute__((noinline)) int add(int a, int b) { return a + b; }
__attribute__((noinline)) void stop(void) { __asm__ volatile(""); }

__attribute__((noinline)) int all(int n, const char *name, struct point *p, double d)
{
    char text[16] = "array of char";
    int grid[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
    enum color c = GREEN;
    union either e = { .whole = 1 };
    struct node second = { NULL, "second", { 9, 8 } };
    struct node first = { &second, "first", { 1, 2 } };
    struct packed bits = { 5, -3, 1000 };
    operation op = add;
    counter_t big = 1234567890123ul;
    float single = 0.5f;
    unsigned char byte = 'A';
    char letter = 'x';
    _Bool yes = 1;
    void *nothing = NULL;
    int *q = grid[1];
    {
        int n = 42;
        stop();
        total += n;
    }
    stop();
    return op(n, (int)d) + c + e.whole + first.at.x + bits.b + (int)big + (int)single + byte + letter + yes + (nothing != NULL) + q[0] + text[0] + p->x + name[0];
}

int main(void)
{
    struct point here = { 10, 20 };
    printf("%d\n", all(3, "gopher", &here, 2.5) + total + origin.x + greeting[0]);
    return 0;
}
