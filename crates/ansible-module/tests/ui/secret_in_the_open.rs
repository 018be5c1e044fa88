use ansible_module::Secret;
use serde_json::Value;

fn main() {
    let token = Secret::new("s3cret");
    println!("{token}");
    let _ = Value::from(token);
}
