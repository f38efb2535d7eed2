//! `grantline connectors`: what there is, and what each needs.

use crate::args::Connectors;
use crate::connector::find;
use crate::failure::Failure;
use crate::output;
use crate::table;
use crate::values::variable;
use comfy_table::Table;
use grantline_core::Connector;
use grantline_core::manifest::{Operation, OperationParameter, Parameter, ParameterPlace};
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
    if !manifest.operations.is_empty() {
        page.push_str(&operations(&manifest.operations).to_string());
        page.push('\n');
    }
    page
}

fn operations(operations: &[Operation]) -> Table {
    let mut table = table::new(["Operation", "Arguments", "What it does"]);
    for operation in operations {
        let argument = |parameter: &OperationParameter| {
            let needed = parameter.required || parameter.place == ParameterPlace::Path;
            if needed && parameter.default.is_none() {
                parameter.name.clone()
            } else {
                format!("[{}]", parameter.name)
            }
        };
        let mut arguments: Vec<_> = operation.parameters.iter().map(argument).collect();
        if let Some(body) = &operation.body {
            arguments.push(if body.required { "(a body)" } else { "[(a body)]" }.to_owned());
        }
        let summary = operation.summary.as_deref().unwrap_or_default();
        let paged = if operation.paging.is_some() { " Has pages." } else { "" };
        let stop = if summary.is_empty() || summary.ends_with('.') { "" } else { "." };
        table.add_row([&operation.id, &arguments.join(" "), &format!("{summary}{stop}{paged}")]);
    }
    table
}

fn operation_json(operation: &Operation) -> Value {
    let parameter = |parameter: &OperationParameter| {
        json!({
            "name": parameter.name,
            "in": parameter.place.name(),
            "type": parameter.kind.name(),
            "title": parameter.title,
            "help": parameter.help,
            "required": parameter.required || parameter.place == ParameterPlace::Path,
            "default": parameter.default,
            "allowed": parameter.allowed,
        })
    };
    json!({
        "id": operation.id,
        "summary": operation.summary,
        "method": operation.method.name(),
        "parameters": operation.parameters.iter().map(parameter).collect::<Value>(),
        "body": operation.body.is_some(),
        "paged": operation.paging.is_some(),
    })
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
        "operations": manifest.operations.iter().map(operation_json).collect::<Value>(),
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
