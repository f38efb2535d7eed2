//! Prints the JSON Schema of connector files: `cargo run -p grantline-connectors --example schema`.

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&grantline_core::manifest::Manifest::json_schema())?);
    Ok(())
}
