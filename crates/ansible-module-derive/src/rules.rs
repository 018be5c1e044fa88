//! `#[options(...)]`: rules between the options of one struct.
use crate::{
    attributes::{as_rust, list, name},
    member::{Member, typed},
};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    DeriveInput, Error, Expr, Ident, Result, Token, meta::ParseNestedMeta, parenthesized, parse::ParseStream,
    punctuated::Punctuated,
};

const RULES: &str = "mutually_exclusive, required_by, required_if, required_one_of, required_together";

#[derive(Default)]
pub(crate) struct Rules {
    /// Every option that is named, where it is named.
    pub(crate) named: Vec<Ident>,
    /// Statements that add the rules to `spec`.
    pub(crate) pushes: Vec<TokenStream>,
}

pub(crate) fn read(input: &DeriveInput, options: &[&Member]) -> Result<Rules> {
    let mut rules = Rules::default();
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("options")) {
        attribute.parse_nested_meta(|meta| rules.rule(&meta, options))?;
    }
    Ok(rules)
}

impl Rules {
    fn rule(&mut self, meta: &ParseNestedMeta, options: &[&Member]) -> Result<()> {
        let word = meta.path.to_token_stream().to_string();
        let push = match word.as_str() {
            "mutually_exclusive" | "required_one_of" | "required_together" => {
                let (rule, group) = (&meta.path, self.names(several(meta, list(meta)?)?));
                quote!(spec.#rule.push(#group);)
            }
            "required_by" => {
                let mut idents = several(meta, list(meta)?)?;
                let key = idents.remove(0);
                let (key, needed) = (self.name(key), self.names(idents));
                quote!(spec.required_by.push((#key, #needed));)
            }
            "required_if" => {
                let rule;
                parenthesized!(rule in meta.input);
                self.required_if(&rule, options)?
            }
            _ => return Err(meta.error(format!("there is no rule `{word}`; allowed: {RULES}"))),
        };
        self.pushes.push(push);
        Ok(())
    }

    /// `key = value, all(a, b)` or `key = value, any(a, b)`
    fn required_if(&mut self, rule: ParseStream, options: &[&Member]) -> Result<TokenStream> {
        let ident: Ident = rule.parse()?;
        rule.parse::<Token![=]>()?;
        let is = rule.parse::<Expr>()?.into_token_stream();
        rule.parse::<Token![,]>()?;
        let how: Ident = rule.parse()?;
        let any = how == "any";
        if !any && how != "all" {
            return Err(Error::new(how.span(), "allowed: all(...), any(...)"));
        }
        let names;
        parenthesized!(names in rule);
        let names: Vec<_> = Punctuated::<Ident, Token![,]>::parse_terminated(&names)?.into_iter().collect();
        if names.is_empty() {
            return Err(Error::new(how.span(), "this names no option"));
        }
        let then = self.names(names);
        let is =
            if let Some(option) = options.iter().find(|option| option.name.value() == name(&ident).value()) {
                typed(option.ty, is)
            } else {
                // The type of a flattened struct's option is not known here.
                let is = as_rust(is);
                quote!(ansible::__json::Value::from(#is))
            };
        let key = self.name(ident);
        Ok(quote!(spec.required_if.push(ansible::RequiredIf { key: #key, is: #is, then: #then, any: #any });))
    }

    fn names(&mut self, idents: Vec<Ident>) -> TokenStream {
        let names: Vec<_> = idents.into_iter().map(|ident| self.name(ident)).collect();
        quote!(::std::vec![#(#names),*])
    }

    fn name(&mut self, ident: Ident) -> TokenStream {
        let name = name(&ident);
        self.named.push(ident);
        quote!(::std::string::String::from(#name))
    }
}

/// The names of a rule, which says nothing of fewer than two, and nothing that can be met if one stands there twice.
fn several(meta: &ParseNestedMeta, names: Vec<Ident>) -> Result<Vec<Ident>> {
    if names.len() < 2 {
        return Err(meta.error("this needs the names of at least two options"));
    }
    match names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        Some((_, twice)) => Err(Error::new(twice.span(), format!("`{twice}` stands here twice"))),
        None => Ok(names),
    }
}
