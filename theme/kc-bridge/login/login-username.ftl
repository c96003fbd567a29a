<#-- First of the two login pages: who. Ours for one word, « Suivant »: Keycloak's says « Se connecter » before the password. -->
<#import "template.ftl" as layout>
<#import "field.ftl" as field>
<#import "buttons.ftl" as buttons>
<#import "passkeys.ftl" as passkeys>
<#import "social-providers.ftl" as providers>
<@layout.registrationLayout displayMessage=!messagesPerField.existsError("username"); section>
  <#if section == "header">
    ${msg("loginAccountTitle")}
  <#elseif section == "form">
    <#if realm.password>
      <form id="kc-form-login" class="${properties.kcFormClass}" action="${url.loginAction}" method="post"
            onsubmit="login.disabled = true; return true;">
        <#if !usernameHidden??>
          <#assign passkeysToo = enableWebAuthnConditionalUI?has_content>
          <@field.input name="username" label=msg("username") value=login.username!"" autofocus=true
                        autocomplete=passkeysToo?then("username webauthn", "username") />
          <#if realm.rememberMe>
            <@field.checkbox name="rememberMe" label=msg("rememberMe") value=login.rememberMe?? />
          </#if>
        </#if>
        <@buttons.actionGroup>
          <@buttons.button id="kc-login" name="login" label="kcbNext" />
        </@buttons.actionGroup>
      </form>
    </#if>
    <@passkeys.conditionalUIData />
  <#elseif section == "socialProviders">
    <#if realm.password && (social.providers)?has_content>
      <@providers.show social=social />
    </#if>
  </#if>
</@layout.registrationLayout>
