use ansible_module::Choices;

#[derive(Choices)]
enum Level {
    Low(u8),
}

#[derive(Choices)]
#[choice(case = "Title")]
enum Colour {
    Red,
}

#[derive(Choices)]
enum Size {
    Small,
    #[choice(name = "small")]
    Little,
}

#[derive(Choices)]
enum Shape {
    #[choice(rename = "circle")]
    Round,
}

#[derive(Choices)]
struct Taste;

fn main() {
    Level::Low(1).as_str();
}
