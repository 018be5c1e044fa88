//! What the three derives read alike: fields, doc comments and the words in attributes.
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, Field, Fields, GenericArgument, Ident, Lit, LitStr,
    Meta, PathArguments, Result, Token, Type, meta::ParseNestedMeta, parenthesized, parse::Parse,
    punctuated::Punctuated,
};

/// The fields of a struct, each read by `read`. The mistakes of all fields are told together.
pub(crate) fn each_field<'a, T>(
    input: &'a DeriveInput,
    read: impl Fn(&'a Field, &'a Ident) -> Result<T>,
) -> Result<Vec<T>> {
    let Data::Struct(data) = &input.data else { return Err(unfit(input)) };
    let Fields::Named(fields) = &data.fields else { return Err(unfit(input)) };
    all(fields.named.iter().filter_map(|field| Some(read(field, field.ident.as_ref()?))))
}

fn unfit(input: &DeriveInput) -> Error {
    Error::new_spanned(&input.ident, "this needs a struct with named fields")
}

/// All values, or all errors.
pub(crate) fn all<T>(results: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut values, mut errors) = (vec![], None::<Error>);
    for result in results {
        match (result, &mut errors) {
            (Ok(value), _) => values.push(value),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), none) => *none = Some(error),
        }
    }
    errors.map_or(Ok(values), Err)
}

/// The doc comment, one line a line; empty if there is none.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    let text: Vec<_> = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned()).collect();
    text.join("\n").trim().to_owned()
}

/// The doc comment of what is called `name`, which it must have.
pub(crate) fn doc_of(attributes: &[Attribute], name: &LitStr) -> Result<String> {
    let text = doc(attributes);
    if text.is_empty() {
        let message = format!("`{}` needs a doc comment: it becomes the documentation", name.value());
        return Err(Error::new(name.span(), message));
    }
    Ok(text)
}

/// Reads each word of `#[attribute(...)]`, once each; `flatten` stands alone.
///
/// `allowed` is told when `read` knows no such word (and returns `None`).
pub(crate) fn words(
    attributes: &[Attribute],
    attribute: &str,
    allowed: &str,
    mut read: impl FnMut(&str, &ParseNestedMeta) -> Option<Result<()>>,
) -> Result<()> {
    let mut seen = vec![];
    for attribute in attributes.iter().filter(|a| a.path().is_ident(attribute)) {
        attribute.parse_nested_meta(|meta| {
            let word = meta.path.to_token_stream().to_string();
            if seen.contains(&word) {
                return Err(meta.error(format!("`{word}` is said twice")));
            }
            if !seen.is_empty() && (word == "flatten" || seen[0] == "flatten") {
                return Err(meta.error("`flatten` stands alone: the fields of the other struct say the rest"));
            }
            let unknown = || Err(meta.error(format!("there is no `{word}` here; allowed: {allowed}")));
            let outcome = read(&word, &meta).unwrap_or_else(unknown);
            seen.push(word);
            outcome
        })?;
    }
    Ok(())
}

/// `word = "text"`
pub(crate) fn text(meta: &ParseNestedMeta) -> Result<LitStr> {
    meta.value()?.parse()
}

/// `word = "1.2.0"`
pub(crate) fn version(meta: &ParseNestedMeta) -> Result<LitStr> {
    version_in(text(meta)?)
}

/// The text, if it is a version: two or three numbers.
pub(crate) fn version_in(text: LitStr) -> Result<LitStr> {
    let version = text.value();
    let numbers = version.split('.');
    if (2..=3).contains(&numbers.clone().count()) && numbers.map(str::parse::<u16>).all(|it| it.is_ok()) {
        return Ok(text);
    }
    Err(Error::new(text.span(), "a version is two or three numbers, as in \"1.2.0\""))
}

/// `word = "name"`, a name that a playbook can use.
pub(crate) fn option_name(meta: &ParseNestedMeta) -> Result<LitStr> {
    let name = text(meta)?;
    let is_of_a_name = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '-';
    if !name.value().is_empty() && name.value().chars().all(is_of_a_name) {
        return Ok(name);
    }
    Err(Error::new(name.span(), "a name is made of letters, digits, `_` and `-`"))
}

/// `word = "a"` or `word("a", "b")`
pub(crate) fn texts(meta: &ParseNestedMeta) -> Result<Vec<LitStr>> {
    if meta.input.peek(Token![=]) { Ok(vec![text(meta)?]) } else { list(meta) }
}

/// `word(a, b)`
pub(crate) fn list<T: Parse>(meta: &ParseNestedMeta) -> Result<Vec<T>> {
    let items;
    parenthesized!(items in meta.input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&items)?.into_iter().collect())
}

/// `word = VALUE`, where a list in brackets and a dict in braces come back as they are written, anything else as an expression.
///
/// Apart, because without its largest feature the parser knows neither as an expression.
pub(crate) fn value(meta: &ParseNestedMeta) -> Result<TokenStream> {
    let input = meta.value()?;
    if input.peek(syn::token::Bracket) || input.peek(syn::token::Brace) {
        return Ok(input.parse::<TokenTree>()?.into());
    }
    Ok(input.parse::<Expr>()?.into_token_stream())
}

/// A value as Rust: a list in brackets becomes a `Vec`.
pub(crate) fn as_rust(value: TokenStream) -> TokenStream {
    match value.clone().into_iter().next() {
        Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Bracket => {
            let items = list.stream();
            quote!(::std::vec![#items])
        }
        _ => value,
    }
}

/// The name of a field or variant as text, with its place in the source.
pub(crate) fn name(ident: &Ident) -> LitStr {
    let name = ident.to_string();
    LitStr::new(name.strip_prefix("r#").unwrap_or(&name), ident.span())
}

/// `T` of `Outer<T>`, if the type is written so.
pub(crate) fn within<'a>(outer: &str, ty: &'a Type) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == outer)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// `T` of `Option<Vec<T>>`, `Vec<T>`, `Option<T>` and `T`: what one value is.
pub(crate) fn one_of(ty: &Type) -> &Type {
    let ty = within("Option", ty).unwrap_or(ty);
    within("Vec", ty).unwrap_or(ty)
}
