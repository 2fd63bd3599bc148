"""Bridge's words in French, by their English. Spaces before `:`, `?` and inside « » do not break."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = {
    # every message
    "{what}: {name}": "{what} : {name}",
    "“{said}”": "« {said} »",
    "Why this message?": "Pourquoi ce message ?",
    "Open it": "Ouvrir",
    "Open the project": "Ouvrir le projet",
    "Open the work": "Ouvrir la création",
    "Open the product": "Ouvrir le produit",
    "Open the organisation": "Ouvrir l’organisation",
    "No details came with it.": "Aucun détail ne l’accompagne.",
    "Changed: {fields}": "Modifié : {fields}",
    "Nothing differs from what Bridge already knew.": "Aucune différence avec ce que Bridge connaissait déjà.",
    "Bridge does not know this kind of event yet; it kept all that came.": (
        "Bridge ne connaît pas encore ce type d’événement ; il en garde tout le contenu."
    ),
    "The full message could not be written: its template has a mistake.": (
        "Le message complet n’a pas pu être écrit : son modèle contient une erreur."
    ),
    "Rule: {rule}": "Règle : {rule}",
    # several messages at once, and what waits
    "{n} message|{n} messages": "{n} message|{n} messages",
    "{n} message from {source}|{n} messages from {source}": "{n} message de {source}|{n} messages de {source}",
    ", {n} to answer": ", {n} à traiter",
    "and {n} more": "et {n} autre|et {n} autres",
    "Unanswered for {time}": "Sans réponse depuis {time}",
    "Waiting since {when}": "En attente depuis le {when}",
    "{what} on {when}": "{what} le {when}",
    "{n} older message while {name} was away|{n} older messages while {name} was away": (
        "{n} message plus ancien pendant l’absence de {name}|{n} messages plus anciens pendant l’absence de {name}"
    ),
    "{n} more message in the last hour|{n} more messages in the last hour": (
        "{n} autre message depuis une heure|{n} autres messages depuis une heure"
    ),
    "{n} more message in the last day|{n} more messages in the last day": (
        "{n} autre message depuis un jour|{n} autres messages depuis un jour"
    ),
    "{n} more message in the last {time}|{n} more messages in the last {time}": (
        "{n} autre message en {time}|{n} autres messages en {time}"
    ),
    "{n} an hour": "{n} par heure",
    "{n} a day": "{n} par jour",
    "{n} in {time}": "{n} en {time}",
    "The rule “{rule}” sends {rate}; these were not sent.": (
        "La règle « {rule} » en envoie {rate} ; ceux-ci n’ont pas été envoyés."
    ),
    "See them": "Les voir",
    # mail
    "Open it in Bridge": "Ouvrir dans Bridge",
    "See them in Bridge": "Les voir dans Bridge",
    "Why did I get this?": "Pourquoi ce message ?",
    "Sent to {to} by the rule “{rule}”.": "Envoyé à {to} par la règle « {rule} ».",
    "Sent by the rule “{rule}”.": "Envoyé par la règle « {rule} ».",
    "{first} to {last}": "{first} – {last}",
    "Before": "Avant",
    "Now": "Maintenant",
    "Waiting for an answer: {n}": "À traiter : {n}",
    "News: {n}": "Nouvelles : {n}",
    # dates
    "{n} day|{n} days": "{n}\u00a0jour|{n}\u00a0jours",
    "{n} hour|{n} hours": "{n}\u00a0heure|{n}\u00a0heures",
    "{n} minute|{n} minutes": "{n}\u00a0minute|{n}\u00a0minutes",
    "{n} second|{n} seconds": "{n}\u00a0seconde|{n}\u00a0secondes",
    "today": "aujourd’hui",
    "tomorrow": "demain",
    "in {n} day|in {n} days": "dans {n} jour|dans {n} jours",
    "{n} day overdue|{n} days overdue": "en retard de {n} jour|en retard de {n} jours",
    # projects
    "New project": "Nouveau projet",
    "Project to approve": "Projet à approuver",
    "Project updated": "Projet mis à jour",
    "Project changed": "Projet modifié",
    "Project sent again": "Projet reçu de nouveau",
    "Project started": "Projet lancé",
    "Project finished": "Projet terminé",
    "Project paid": "Projet payé",
    "Project cancelled": "Projet annulé",
    "Project back to draft": "Projet repassé en brouillon",
    "Project deleted": "Projet supprimé",
    "draft": "brouillon",
    "in progress": "en cours",
    "finished": "terminé",
    "paid": "payé",
    "cancelled": "annulé",
    "Published": "Publié",
    "**Awaiting approval.**": "**En attente d’approbation.**",
    "{who} ordered {what}": "{who} a commandé {what}",
    "Ordered by {who}": "Commande de {who}",
    "{n} piece|{n} pieces": "{n} pièce|{n} pièces",
    "due {when}": "pour le {when}",
    "{n} brief file|{n} brief files": "{n} fichier de brief|{n} fichiers de brief",
    "{n} source file ready|{n} source files ready": "{n} fichier source disponible|{n} fichiers sources disponibles",
    "No source files any more": "Plus aucun fichier source",
    "A winner was chosen": "Un gagnant a été choisi",
    "There is no winner any more": "Il n’y a plus de gagnant",
    "The brief was changed": "Le brief a changé",
    "Price: {change}": "Prix : {change}",
    "Deadline: {change}": "Échéance : {change}",
    "Product: {change}": "Produit : {change}",
    "Ordered by: {who}": "Commande de : {who}",
    "Options: {change}": "Options : {change}",
    "Title: {change}": "Titre : {change}",
    "Owner: {change}": "Commanditaire : {change}",
    "and {n} more: {names}": "et {n} autre : {names}|et {n} autres : {names}",
    "Last state: {state}": "Dernier état : {state}",
    "What changed is not known: Bridge sees this project for the first time.": (
        "Changement inconnu : Bridge voit ce projet pour la première fois."
    ),
    "Nothing else is known: Bridge had never seen this project.": (
        "Rien d’autre n’est connu : Bridge n’avait jamais vu ce projet."
    ),
    # what changed of a project: alone in a title, beside another there, in a list
    "New status": "Nouveau statut",
    "and status": "et nouveau statut",
    "status": "statut",
    "New state": "Nouvel état",
    "and state": "et nouvel état",
    "state": "état",
    "New price": "Nouveau prix",
    "and price": "et nouveau prix",
    "price": "prix",
    "New deadline": "Nouvelle échéance",
    "and deadline": "et nouvelle échéance",
    "deadline": "échéance",
    "New source files": "Nouveaux fichiers sources",
    "and source files": "et nouveaux fichiers sources",
    "source files": "fichiers sources",
    "New winner": "Nouveau gagnant",
    "and winner": "et nouveau gagnant",
    "winner": "gagnant",
    "New product": "Nouveau produit",
    "and product": "et nouveau produit",
    "product": "produit",
    "New options": "Nouvelles options",
    "and options": "et nouvelles options",
    "New title": "Nouveau titre",
    "and title": "et nouveau titre",
    "title": "titre",
    "New owner": "Nouveau commanditaire",
    "and owner": "et nouveau commanditaire",
    "owner": "commanditaire",
    "New brief": "Nouveau brief",
    "and brief": "et nouveau brief",
    # messages, works, comments
    "The designer": "Le créatif",
    "A member": "Un membre",
    "Somebody": "Quelqu’un",
    "Message on {name}": "Message sur {name}",
    "Message on project {name}": "Message sur le projet {name}",
    "Proposal to review": "Proposition à valider",
    "Proposal accepted": "Proposition acceptée",
    "Proposal rejected": "Proposition refusée",
    "{who}: {said}": "{who} : {said}",
    "By {who}": "Par {who}",
    "By {who}, without a comment": "Par {who}, sans commentaire",
    "{who} delivered {n} file|{who} delivered {n} files": "{who} a livré {n} fichier|{who} a livré {n} fichiers",
    "{who} delivered a proposal": "{who} a livré une proposition",
    "{n} file attached|{n} files attached": "{n} fichier joint|{n} fichiers joints",
    "**Accept or reject it.** Accepting ends the project.": (
        "**À accepter ou à refuser.** L’acceptation clôt le projet."
    ),
    "This ends the project.": "L’acceptation clôt le projet.",
    "New work": "Nouvelle création",
    "With an image": "Avec une image",
    "{who} commented on {name}": "{who} a commenté {name}",
    "{who} commented on a work": "{who} a commenté une création",
    "{who} commented on a work for {project}": "{who} a commenté une création pour {project}",
    # invitations
    "Invitation sent": "Invitation envoyée",
    "Invitation updated": "Invitation mise à jour",
    "Invitation sent again": "Invitation reçue de nouveau",
    "Invitation removed": "Invitation supprimée",
    "Account opened": "Compte ouvert",
    "Invitation: no account → account": "Invitation : sans compte → avec compte",
    "No account at this address yet": "Pas encore de compte à cette adresse",
    "An account exists at this address": "Un compte existe à cette adresse",
    "Accepted or withdrawn: Creads does not say which.": "Acceptée ou annulée : Creads ne le précise pas.",
    "What changed is not known: Bridge sees this invitation for the first time.": (
        "Changement inconnu : Bridge voit cette invitation pour la première fois."
    ),
    "Nothing else is known: Bridge had never seen this invitation.": (
        "Rien d’autre n’est connu : Bridge n’avait jamais vu cette invitation."
    ),
    # memberships
    "New member": "Nouveau membre",
    "New member at {organisation}": "Nouveau membre chez {organisation}",
    "Member updated at {at}": "Membre mis à jour chez {at}",
    "Member sent again at {at}": "Membre reçu de nouveau chez {at}",
    "Member removed": "Membre retiré",
    "Member removed from {organisation}": "Membre retiré de {organisation}",
    "Budget nearly spent at {at}: {share}": "Budget presque épuisé chez {at} : {share}",
    "Budget used up at {at}: {share}": "Budget épuisé chez {at} : {share}",
    "Manager rights given at {at}": "Droits de gestion accordés chez {at}",
    "Manager rights withdrawn at {at}": "Droits de gestion retirés chez {at}",
    "Member → manager": "Membre → gestionnaire",
    "Manager → member": "Gestionnaire → membre",
    "Monthly budget: {sum}": "Budget mensuel : {sum}",
    "Monthly budget: {sum}, {spent} spent ({share})": "Budget mensuel : {sum}, dont {spent} dépensés ({share})",
    "{spent} of a member’s monthly {sum}": "{spent} sur les {sum} mensuels d’un membre",
    "{left} left": "reste {left}",
    "{over} over": "dépassé de {over}",
    "Spent: {change}": "Dépenses : {change}",
    "Budget: {change}": "Budget : {change}",
    "What changed is not known: Bridge sees this membership for the first time.": (
        "Changement inconnu : Bridge voit ce membre pour la première fois."
    ),
    "Nothing else is known: Bridge had never seen this membership.": (
        "Rien d’autre n’est connu : Bridge n’avait jamais vu ce membre."
    ),
    # organisations and products
    "Organisation updated": "Organisation mise à jour",
    "Organisation sent again": "Organisation reçue de nouveau",
    "Product updated": "Produit mis à jour",
    "Product sent again": "Produit reçu de nouveau",
    "Category: {category}": "Catégorie : {category}",
    "What changed is not known: Bridge sees this organisation for the first time.": (
        "Changement inconnu : Bridge voit cette organisation pour la première fois."
    ),
    "What changed is not known: Bridge sees this product for the first time.": (
        "Changement inconnu : Bridge voit ce produit pour la première fois."
    ),
    # webhooks
    "Webhook added": "Webhook ajouté",
    "Webhook updated": "Webhook mis à jour",
    "Webhook sent again": "Webhook reçu de nouveau",
    "Webhook moved": "Webhook déplacé",
    "Webhook switched on": "Webhook activé",
    "Webhook switched off": "Webhook désactivé",
    "Webhook removed": "Webhook supprimé",
    "on": "actif",
    "off": "désactivé",
    "Events are no longer sent there.": "Plus aucun événement n’y est envoyé.",
    "**Events are no longer sent there, and what is missed will not be sent later.**": (
        "**Plus aucun événement n’y est envoyé, et ce qui est manqué ne sera pas renvoyé.**"
    ),
    "Creads does this after too many failures: mend the address, "
    "then switch the webhook on again in its Developer menu.": (
        "Creads le fait après trop d’échecs : rétablissez l’adresse, "
        "puis réactivez le webhook dans son menu Développeur."
    ),
    "What changed is not known: Bridge sees this webhook for the first time.": (
        "Changement inconnu : Bridge voit ce webhook pour la première fois."
    ),
    "Nothing else is known: Bridge had never seen this webhook.": (
        "Rien d’autre n’est connu : Bridge n’avait jamais vu ce webhook."
    ),
}
_NO_BREAK = {" :": "\u00a0:", " ?": "\u00a0?", " ;": "\u00a0;", "« ": "«\u00a0", " »": "\u00a0»"}


def _unbroken(text: str) -> str:
    for breaking, kept in _NO_BREAK.items():
        text = text.replace(breaking, kept)
    return text


PHRASES: Mapping[str, str] = {english: _unbroken(french) for english, french in _WORDS.items()}
