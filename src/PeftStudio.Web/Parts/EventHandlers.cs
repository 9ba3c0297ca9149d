using Microsoft.AspNetCore.Components;

namespace PeftStudio.Web.Parts;

/// <summary>Events that js/studio.js raises, by the name that markup has for them.</summary>
[EventHandler("onuploaded", typeof(EventArgs), enableStopPropagation: true, enablePreventDefault: false)]
public static class EventHandlers;
