//! `#[derive(Results)]`: from a struct to what is documented of it, and to the keys of a result.
use crate::attributes::{doc_of, each_field, name, text, value, words};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Field, Ident, LitStr, Result, Type, meta::ParseNestedMeta};

const WORDS: &str = "flatten, name, returned, sample";

struct Member<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    name: LitStr,
    doc: String,
    flatten: bool,
    returned: String,
    sample: Option<TokenStream>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let me = &input.ident;
    let members = each_field(input, Member::read)?;
    refuse_twice(&members)?;
    let returns = members.iter().map(Member::returns);
    let puts = members.iter().map(Member::put);
    Ok(quote! {
        #[automatically_derived]
        impl ansible::Results for #me {
            fn returns() -> ::std::vec::Vec<ansible::Return> {
                let mut all = ::std::vec::Vec::new();
                #(#returns)*
                all
            }
            fn put(&self, all: &mut ansible::__json::Map<::std::string::String, ansible::__json::Value>) {
                #(#puts)*
            }
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ansible::ResultType for #me {
            fn ret() -> ansible::Return { ansible::results::ret_of::<Self>() }
            fn to_value(&self) -> ansible::__json::Value { ansible::Results::to_map(self).into() }
        }
    })
}

impl<'a> Member<'a> {
    fn read(field: &'a Field, ident: &'a Ident) -> Result<Self> {
        let mut member = Member {
            ident,
            ty: &field.ty,
            name: name(ident),
            doc: String::new(),
            flatten: false,
            returned: "success".into(),
            sample: None,
        };
        words(&field.attrs, "result", WORDS, |word, meta| member.word(word, meta))?;
        if !member.flatten {
            member.doc = doc_of(&field.attrs, &member.name)?;
        }
        Ok(member)
    }

    fn word(&mut self, word: &str, meta: &ParseNestedMeta) -> Option<Result<()>> {
        Some(match word {
            "flatten" => {
                self.flatten = true;
                Ok(())
            }
            "name" => text(meta).map(|name| self.name = name),
            "returned" => text(meta).map(|when| self.returned = when.value()),
            "sample" => value(meta).map(|sample| self.sample = Some(sample)),
            _ => return None,
        })
    }

    fn returns(&self) -> TokenStream {
        let Member { ty, name, doc, returned, .. } = self;
        if self.flatten {
            return quote!(all.extend(<#ty as ansible::Results>::returns()););
        }
        let sample = self.sample.as_ref().map(
            |sample| quote!(one.sample = ::core::option::Option::Some(ansible::__json::json!(#sample));),
        );
        quote! {{
            let mut one = <#ty as ansible::ResultType>::ret();
            one.name = #name.into();
            one.doc = #doc.into();
            one.returned = #returned.into();
            #sample
            all.push(one);
        }}
    }

    fn put(&self) -> TokenStream {
        let Member { ident, ty, name, .. } = self;
        if self.flatten {
            return quote!(ansible::Results::put(&self.#ident, all););
        }
        quote!(ansible::results::put_one(all, #name, <#ty as ansible::ResultType>::to_value(&self.#ident));)
    }
}

/// No key stands twice in this struct.
fn refuse_twice(members: &[Member]) -> Result<()> {
    for (i, member) in members.iter().enumerate() {
        if members[..i].iter().any(|other| other.name.value() == member.name.value()) {
            return Err(Error::new(
                member.name.span(),
                format!("the name `{}` is taken", member.name.value()),
            ));
        }
    }
    Ok(())
}

pub(crate) fn unreachable(me: &Ident) -> TokenStream {
    quote! {
        impl ansible::Results for #me {
            fn returns() -> ::std::vec::Vec<ansible::Return> { ::core::unreachable!() }
            fn put(&self, _: &mut ansible::__json::Map<::std::string::String, ansible::__json::Value>) {
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
