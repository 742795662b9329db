//! The menu of saved views of a workspace.

use super::{context::PanelContext, theme, widgets};
use crate::app::{AppCommand, State, icons, state::SavedView};
use eframe::egui::{
    Button, Key, Label, Margin, PopupCloseBehavior, RichText, ScrollArea, TextEdit, Ui, WidgetInfo,
    accesskit::Role,
    containers::menu::{MenuButton, MenuConfig},
    vec2,
};

/// Width of the menu, points.
const WIDTH: f32 = 240.0;
/// Within the field: menus leave their buttons little.
const MARGIN: Margin = Margin::symmetric(6, 4);

/// The button, with the name of the present view where it is a saved one.
pub fn menu(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let Some(present) = cx.state.present_view() else { return };
    let views: Vec<SavedView> = cx.state.saved_views().cloned().collect();
    let now = views.iter().find(|saved| saved.view == present).map(|saved| saved.name.clone());
    let text = RichText::new(format!("Views  {}", icons::CARET_DOWN)).size(theme::SMALL);
    let text = if now.is_some() { text.color(theme::of(ui).accent) } else { text };
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let (button, _) = MenuButton::from_button(Button::new(text)).config(config).ui(ui, |ui| {
        ui.set_width(WIDTH);
        widgets::caption(ui, "SAVED VIEWS");
        if views.is_empty() {
            widgets::weak(ui, "None yet. A view is the filter that you see, with order and charts in Results.");
        }
        ScrollArea::vertical().max_height(240.0).show(ui, |ui| views.iter().for_each(|saved| entry(ui, cx, saved, &now)));
        ui.separator();
        new(ui, cx, &views);
    });
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Views"));
    button.on_hover_text(now.map_or("Filters under a name".into(), |name| format!("This is “{name}”")));
}

/// What the view that is seen asks for and these images do not have; nothing where there is nothing.
pub fn note(ui: &mut Ui, state: &State) {
    if let Some(note) = state.view_note() {
        let text = RichText::new(format!("{}  {note}", icons::WARNING)).size(theme::SMALL).color(theme::of(ui).warning);
        ui.add(Label::new(text).truncate());
    }
}

fn entry(ui: &mut Ui, cx: &mut PanelContext<'_>, saved: &SavedView, now: &Option<String>) {
    ui.horizontal(|ui| {
        let is_now = now.as_ref() == Some(&saved.name);
        let button = Button::selectable(is_now, saved.name.as_str()).truncate().min_size(vec2(WIDTH - 40.0, 24.0));
        let shown = ui.add_sized(vec2(WIDTH - 40.0, 24.0), button);
        shown.widget_info(|| WidgetInfo::selected(Role::Button, true, is_now, format!("View {}", saved.name)));
        if shown.clicked() {
            cx.send(AppCommand::ShowView(saved.clone()));
            ui.close();
        }
        let forget = ui.add(Button::new(icons::X).frame_when_inactive(false));
        if forget.on_hover_text("Forget this view").accessible_name(format!("Forget the view {}", saved.name)).clicked() {
            cx.send(AppCommand::ForgetView(saved.clone()));
        }
    });
}

/// A name for what is seen now.
fn new(ui: &mut Ui, cx: &mut PanelContext<'_>, views: &[SavedView]) {
    let id = ui.scope_id().with("name of a view");
    let mut name: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        let edit = TextEdit::singleline(&mut name).hint_text("name of this view").desired_width(WIDTH - 92.0).margin(MARGIN);
        let field = ui.add(edit).accessible_name("Name of this view");
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let typed = name.trim();
        let word = if views.iter().any(|saved| saved.name == typed) { "Replace" } else { "Save" };
        let save = ui.add_enabled(!typed.is_empty(), Button::new(word)).on_disabled_hover_text("Type a name first.");
        if !typed.is_empty() && (entered || save.clicked()) {
            cx.send(AppCommand::SaveView(typed.to_string()));
            name.clear();
        }
    });
    ui.data_mut(|data| data.insert_temp(id, name));
}
