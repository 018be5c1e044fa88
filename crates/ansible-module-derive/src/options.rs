//! `#[derive(Options)]`: from a struct to its argument spec, and from checked parameters to the struct.
use crate::{
    attributes::{doc_of, each_field, name},
    member::Member,
    rules::{self, Rules},
};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Error, Ident, Result, Type, spanned::Spanned};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let me = &input.ident;
    let members = each_field(input, Member::read)?;
    let (flattened, options): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.flatten);
    refuse_twice(&options)?;
    let Rules { named, pushes } = rules::read(input, &options)?;

    let about = doc_of(&input.attrs, &name(me))?;
    let names: Vec<_> = options.iter().map(|option| &option.name).collect();
    let aliases: Vec<_> = options.iter().flat_map(|option| &option.aliases).collect();
    let shared: Vec<_> = flattened.iter().map(|member| member.ty).collect();
    let checks = named.iter().map(|word| check_named(me, word)).chain(check_shared(me, &options, &shared));
    let specs = members.iter().map(Member::spec);
    let takes = members.iter().map(Member::take);
    Ok(quote! {
        #(#checks)*
        #[automatically_derived]
        impl ansible::Options for #me {
            const DOC: &'static str = #about;
            const NAMES: ansible::options::Names = ansible::options::Names {
                own: &[#(#names),*],
                aliases: &[#(#aliases),*],
                shared: &[#(&<#shared as ansible::Options>::NAMES),*],
            };
            fn spec() -> ansible::ArgumentSpec {
                let mut spec = ansible::ArgumentSpec::default();
                #(#specs)*
                #(#pushes)*
                spec
            }
            fn take(
                params: &mut ansible::__json::Map<::std::string::String, ansible::__json::Value>,
            ) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ::core::result::Result::Ok(Self { #(#takes),* })
            }
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ansible::OptionType for #me {
            type Default = ansible::__json::Value;
            fn opt() -> ansible::Opt { ansible::options::opt_of::<Self>() }
            fn from_value(value: ansible::__json::Value) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ansible::options::take_dict(value)
            }
        }
    })
}

/// No name stands twice in this struct.
fn refuse_twice(options: &[&Member]) -> Result<()> {
    let mut seen = vec![];
    for name in options.iter().flat_map(|option| std::iter::once(&option.name).chain(&option.aliases)) {
        if seen.contains(&name.value()) {
            return Err(Error::new(name.span(), format!("the name `{}` is taken", name.value())));
        }
        seen.push(name.value());
    }
    Ok(())
}

/// Rules name options, flattened ones too; only the compiler knows those.
fn check_named(me: &Ident, word: &Ident) -> TokenStream {
    let (name, message) = (name(word), format!("`{word}` is no option of {me}"));
    quote_spanned!(word.span()=> const _: () = ::core::assert!(<#me as ansible::Options>::NAMES.has(#name), #message);)
}

/// No name of a flattened struct is taken: not by this struct, not by one flattened before.
fn check_shared<'a>(
    me: &'a Ident,
    options: &'a [&'a Member],
    shared: &'a [&'a Type],
) -> impl Iterator<Item = TokenStream> + 'a {
    shared.iter().enumerate().map(move |(i, ty)| {
        let before = &shared[..i];
        let own = options.iter().map(|option| &option.name);
        let aliases = options.iter().flat_map(|option| &option.aliases);
        let message = format!("a name in this struct is taken by another option of {me}");
        quote_spanned! {ty.span()=> const _: () = ::core::assert!(
            !<#ty as ansible::Options>::NAMES.overlap(&ansible::options::Names {
                own: &[#(#own),*],
                aliases: &[#(#aliases),*],
                shared: &[#(&<#before as ansible::Options>::NAMES),*],
            }),
            #message
        );}
    })
}

pub(crate) fn unreachable(me: &Ident) -> TokenStream {
    quote! {
        impl ansible::Options for #me {
            fn spec() -> ansible::ArgumentSpec { ::core::unreachable!() }
            fn take(
                _: &mut ansible::__json::Map<::std::string::String, ansible::__json::Value>,
            ) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ::core::unreachable!()
            }
        }
        #[diagnostic::do_not_recommend]
        impl ansible::OptionType for #me {
            type Default = ansible::__json::Value;
            fn opt() -> ansible::Opt { ::core::unreachable!() }
            fn from_value(_: ansible::__json::Value) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ::core::unreachable!()
            }
        }
    }
}
