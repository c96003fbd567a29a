<#-- Under every login page: the university's colour, the three ways out of trouble, languages without JavaScript.
     Addresses and colour are realm attributes written by `kcb setup`; an absent one is not shown. -->
<#macro entry attribute label>
  <#assign address = realm.getAttribute(attribute)!''>
  <#if address?has_content>
    <li><a href="${address}?lang=${lang}">${msg(label)}</a></li>
  </#if>
</#macro>

<#macro content>
  <#assign colour = realm.getAttribute('kcbPrimaryColor')!''>
  <svg class="kcb-band" aria-hidden="true"><rect width="100%" height="100%"<#if colour?matches('#[0-9a-fA-F]{6}')> fill="${colour}"</#if>/></svg>
  <nav class="kcb-links" aria-label="${msg('kcbLinks')}">
    <ul>
      <@entry attribute="kcbFirstLoginUrl" label="kcbFirstLogin" />
      <@entry attribute="kcbProblemUrl" label="kcbProblem" />
      <@entry attribute="kcbHelpUrl" label="kcbHelp" />
    </ul>
  </nav>
  <#if realm.internationalizationEnabled && locale.supported?size gt 1>
    <noscript>
      <ul class="kcb-languages">
        <#list locale.supported?sort_by("label") as language>
          <li><a href="${language.url}" lang="${language.languageTag}" hreflang="${language.languageTag}">${language.label}</a></li>
        </#list>
      </ul>
    </noscript>
  </#if>
</#macro>
