use ansible_module::Secret;

fn main() {
    let token = Secret::new("s3cret");
    println!("{token}");
    let _ = serde_json::to_string(&token);
}
