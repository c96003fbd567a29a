<#-- Under every login page: the university's colours, the ways out of trouble, the languages as in the wizard. Where a
     password is asked for, a lost one comes first: whoever it is, since the page must look the same for everybody.
     Colours and addresses are realm attributes written by `kcb setup`; an absent one is not shown. -->
<#macro entry attribute label>
  <#local address = realm.getAttribute(attribute)!''>
  <#if address?has_content>
    <li><a href="${address}?lang=${lang}">${msg(label)}</a></li>
  </#if>
</#macro>

<#-- « action:#0f5a67 link:#0f5a67 … » becomes the tokens of those names; anything else in the attribute is dropped. -->
<#macro colours attribute>
  <#list (realm.getAttribute(attribute)!'')?split(' ') as token>
    <#if token?matches('[a-z-]+:#[0-9a-f]{6}')>--kcb-${token};</#if>
  </#list>
</#macro>

<#macro content>
  <style>
    :root { <@colours attribute="kcbColorsLight" /> }
    <#if darkMode>@media (prefers-color-scheme: dark) { :root { <@colours attribute="kcbColorsDark" /> } }</#if>
  </style>
  <nav class="kcb-links" aria-label="${msg('kcbLinks')}">
    <ul>
      <#if ["login", "login-password"]?seq_contains(pageId!'')>
        <@entry attribute="kcbRecoveryUrl" label="kcbRecovery" />
      </#if>
      <@entry attribute="kcbFirstLoginUrl" label="kcbFirstLogin" />
      <@entry attribute="kcbProblemUrl" label="kcbProblem" />
      <@entry attribute="kcbHelpUrl" label="kcbHelp" />
    </ul>
  </nav>
  <#if realm.internationalizationEnabled && locale.supported?size gt 1>
    <nav class="kcb-languages" aria-label="${msg('languages')}">
      <#local ownNames = {"fr": "Français", "en": "English"}>
      <#list locale.supported?sort_by("languageTag")?reverse as language>
        <#local spoken = ownNames[language.languageTag]!language.label>
        <#if language.languageTag == locale.currentLanguageTag>
          <span aria-current="true" lang="${language.languageTag}">${language.languageTag?upper_case}<span class="kcb-spoken"> - ${spoken}</span></span>
        <#else>
          <a href="${language.url}" lang="${language.languageTag}" hreflang="${language.languageTag}">${language.languageTag?upper_case}<span class="kcb-spoken"> - ${spoken}</span></a>
        </#if>
      </#list>
    </nav>
  </#if>
</#macro>
