//! `grantline connectors`: what there is, and what each needs.

use crate::args::Connectors;
use crate::connector::find;
use crate::failure::Failure;
use crate::output;
use crate::table;
use crate::values::variable;
use grantline_core::Connector;
use grantline_core::manifest::Parameter;
use serde_json::{Value, json};

pub(crate) fn run(options: &Connectors) -> Result<(), Failure> {
    let chosen = match &options.connector {
        Some(name) => vec![find(name)?],
        None => grantline_connectors::all().to_vec(),
    };
    if options.json {
        output::line(Value::Array(chosen.iter().map(describe).collect()))
    } else {
        output::line(chosen.iter().map(page).collect::<Vec<_>>().join("\n"))
    }
}

fn page(connector: &Connector) -> String {
    let manifest = connector.manifest();
    let mut page = format!("{}  {}\n", manifest.id, manifest.title);
    let about = [&manifest.summary, &manifest.docs].into_iter().flatten();
    about.for_each(|line| page.extend(["  ", line, "\n"]));
    let mut table = table::new(["Parameter", "Type", "Needed", "What it is", "Environment"]);
    let mut add = |parameter: &Parameter, set: Option<&str>| {
        let needed = match (&parameter.default, parameter.is_required()) {
            (_, true) => "yes".to_owned(),
            (Some(default), false) => format!("default: {default}"),
            (None, false) => "no".to_owned(),
        };
        let help = parameter.help.as_deref().unwrap_or_default();
        let what =
            format!("{}{}. {help}", set.map(|set| format!("[{set}] ")).unwrap_or_default(), parameter.title);
        let variable = variable(&manifest.id, &parameter.name);
        table.add_row([&parameter.name, parameter.kind.name(), &needed, &what, &variable]);
    };
    manifest.parameters.iter().for_each(|parameter| add(parameter, None));
    for set in &manifest.sets {
        set.parameters.iter().for_each(|parameter| add(parameter, Some(&set.name)));
    }
    page.push_str(&table.to_string());
    page.push('\n');
    if !manifest.sets.is_empty() {
        let names: Vec<_> = manifest.sets.iter().map(|set| format!("{} ({})", set.name, set.title)).collect();
        page.extend(["  ways to authenticate: ", &names.join(", "), "\n"]);
    }
    page
}

fn describe(connector: &Connector) -> Value {
    let manifest = connector.manifest();
    let parameters = |list: &[Parameter]| -> Value {
        list.iter().map(|parameter| parameter_json(&manifest.id, parameter)).collect()
    };
    let sets = manifest
        .sets
        .iter()
        .map(|set| json!({"name": set.name, "title": set.title, "parameters": parameters(&set.parameters)}));
    json!({
        "id": manifest.id,
        "title": manifest.title,
        "summary": manifest.summary,
        "docs": manifest.docs,
        "parameters": parameters(&manifest.parameters),
        "sets": sets.collect::<Value>(),
    })
}

fn parameter_json(connector: &str, parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "type": parameter.kind.name(),
        "title": parameter.title,
        "help": parameter.help,
        "required": parameter.is_required(),
        "default": parameter.default,
        "example": parameter.example,
        "environment": variable(connector, &parameter.name),
    })
}
