use std::collections::HashMap;
#[derive(Debug)]
enum Shape { Circle(f64), Rect { w: u32, h: u32 }, Nothing }
struct Point { x: i32, y: i32 }
static TOTAL: i32 = 7;
#[inline(never)]
fn stop() {}
#[inline(never)]
fn all(n: i32, name: &str, p: &Point) -> i32 {
    let s = String::from("owned");
    let v = vec![1, 2, 3];
    let a = [1u8, 2, 3];
    let some: Option<i32> = Some(5);
    let none: Option<i32> = None;
    let circle = Shape::Circle(1.5);
    let rect = Shape::Rect { w: 2, h: 3 };
    let nothing = Shape::Nothing;
    let boxed = Box::new(41);
    let t = (1, "two");
    let c = 'z';
    let slice = &v[1..];
    let names = vec!["a", "b"];
    let m: HashMap<i32, i32> = HashMap::new();
    stop();
    println!("{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {}", s, v, a, some, none, circle, rect, nothing, boxed, t, c, slice, names.len() + m.len());
    n + p.x + p.y + TOTAL + name.len() as i32
}
fn main() { let p = Point { x: 1, y: 2 }; println!("{}", all(3, "gopher", &p)); }
