//! `#[derive(Choices)]`: the words of an enum without data.
use crate::attributes::{all, doc, name, text, words};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Ident, LitStr, Result, Variant, meta::ParseNestedMeta};

const CASE: &str = "case = \"UPPER\"";

struct Choice<'a> {
    variant: &'a Ident,
    word: LitStr,
    doc: String,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let (me, vis) = (&input.ident, &input.vis);
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(me, "choices are an enum without data"));
    };
    let mut upper = false;
    words(&input.attrs, "choice", CASE, |word, meta| {
        (word == "case").then(|| upper_case(meta).map(|()| upper = true))
    })?;
    let choices = all(data.variants.iter().map(|variant| read(variant, upper)))?;
    for (i, choice) in choices.iter().enumerate() {
        if choices[..i].iter().any(|other| other.word.value() == choice.word.value()) {
            let message = format!("the choice `{}` is there twice", choice.word.value());
            return Err(Error::new(choice.word.span(), message));
        }
    }

    let variants: Vec<_> = choices.iter().map(|choice| choice.variant).collect();
    let words: Vec<_> = choices.iter().map(|choice| &choice.word).collect();
    let one_of = format!(
        "one of: {}",
        choices.iter().map(|choice| choice.word.value()).collect::<Vec<_>>().join(", ")
    );
    let docs: Vec<_> = choices.iter().map(|choice| &choice.doc).collect();
    Ok(quote! {
        impl #me {
            /// The word in a playbook.
            #vis fn as_str(&self) -> &'static str {
                match self { #(Self::#variants => #words),* }
            }
            fn __choices() -> ::std::vec::Vec<ansible::Choice> {
                ::std::vec![#(ansible::Choice { value: #words.into(), doc: #docs.into() }),*]
            }
        }
        #[automatically_derived]
        impl ::core::convert::From<#me> for ansible::__json::Value {
            fn from(choice: #me) -> Self { choice.as_str().into() }
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ansible::OptionType for #me {
            type Default = Self;
            fn opt() -> ansible::Opt {
                ansible::Opt { required: true, choices: Self::__choices(), ..::core::default::Default::default() }
            }
            fn from_value(value: ansible::__json::Value) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                match value.as_str() {
                    #(::core::option::Option::Some(#words) => ::core::result::Result::Ok(Self::#variants),)*
                    _ => ::core::result::Result::Err(ansible::options::Mismatch::new(#one_of, &value)),
                }
            }
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ansible::ResultType for #me {
            fn ret() -> ansible::Return {
                ansible::Return { choices: Self::__choices(), ..::core::default::Default::default() }
            }
            fn to_value(&self) -> ansible::__json::Value { self.as_str().into() }
        }
    })
}

fn upper_case(meta: &ParseNestedMeta) -> Result<()> {
    let case = text(meta)?;
    if case.value() == "UPPER" { Ok(()) } else { Err(Error::new(case.span(), format!("allowed: {CASE}"))) }
}

fn read(variant: &Variant, upper: bool) -> Result<Choice<'_>> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(variant, "a choice can't carry data"));
    }
    let mut word = cased(&name(&variant.ident), upper);
    words(&variant.attrs, "choice", "name = \"...\"", |key, meta| {
        (key == "name").then(|| text(meta).map(|text| word = text))
    })?;
    Ok(Choice { variant: &variant.ident, word, doc: doc(&variant.attrs) })
}

/// `VeryHigh` as `very_high` or `VERY_HIGH`.
fn cased(name: &LitStr, upper: bool) -> LitStr {
    let mut word = String::new();
    for (i, c) in name.value().char_indices() {
        if i > 0 && c.is_uppercase() {
            word.push('_');
        }
        word.extend(c.to_lowercase());
    }
    LitStr::new(&if upper { word.to_uppercase() } else { word }, name.span())
}

pub(crate) fn unreachable(me: &Ident) -> TokenStream {
    quote! {
        impl #me {
            pub fn as_str(&self) -> &'static str { ::core::unreachable!() }
        }
        impl ::core::convert::From<#me> for ansible::__json::Value {
            fn from(_: #me) -> Self { ::core::unreachable!() }
        }
        #[diagnostic::do_not_recommend]
        impl ansible::OptionType for #me {
            type Default = Self;
            fn opt() -> ansible::Opt { ::core::unreachable!() }
            fn from_value(_: ansible::__json::Value) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ::core::unreachable!()
            }
        }
        #[diagnostic::do_not_recommend]
        impl ansible::ResultType for #me {
            fn ret() -> ansible::Return { ::core::unreachable!() }
            fn to_value(&self) -> ansible::__json::Value { ::core::unreachable!() }
        }
    }
}
