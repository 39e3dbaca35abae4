<?php
/**
 * Coming, staying and leaving: installation, the owner's choice, removal.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

const REMOVE = 'eveobs_remove_data';

/** Whether the index has its table. */
function has_table(): bool {
	global $wpdb;
	$quiet = $wpdb->suppress_errors();
	// phpcs:ignore WordPress.DB.PreparedSQL -- the name of the table is ours.
	$there = false !== $wpdb->query( 'SELECT 1 FROM ' . table() . ' LIMIT 1' );
	$wpdb->suppress_errors( $quiet );
	return $there;
}

/** Whether the site knows the addresses of documents: other plugins flush them while this one is away. */
function has_rules(): bool {
	global $wp_rewrite;
	$rules = get_option( 'rewrite_rules' );
	if ( ! $wp_rewrite->using_permalinks() || ! is_array( $rules ) ) {
		return true; // They are made when a page is asked for.
	}
	foreach ( types() as $type ) {
		$archive = get_post_type_object( $type )->has_archive;
		if ( ! isset( $rules[ substr( $wp_rewrite->front, 1 ) . "$archive/?$" ] ) ) {
			return false;
		}
	}
	return true;
}

/** Makes table and rewrite rules, if they are not those of this version: nobody need activate. */
function install() {
	$state = VERSION . ' ' . DECLARED . ' ' . get_option( 'permalink_structure' );
	$same  = get_option( STATE ) === $state;
	if ( $same && ( has_rules() || get_transient( 'eveobs_flushed' ) ) ) {
		return;
	}
	if ( ! $same ) {
		install_table();
		update_option( STATE, $state, true );
	}
	flush_rewrite_rules( false );
	set_transient( 'eveobs_flushed', 'yes', HOUR_IN_SECONDS ); // Where something keeps them away, not at each request.
}

/** Makes the table; one that is empty is filled from the posts. */
function install_table() {
	global $wpdb;
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	dbDelta(
		'CREATE TABLE ' . table() . " (
kind varchar(16) NOT NULL,
external_id varchar(64) NOT NULL,
post_id bigint(20) unsigned NOT NULL,
hash char(32) NOT NULL,
digests varchar(128) NOT NULL,
PRIMARY KEY  (kind,external_id),
KEY post_id (post_id)
) {$wpdb->get_charset_collate()};"
	);
	if ( ! $wpdb->get_var( 'SELECT COUNT(*) FROM ' . table() ) ) { // phpcs:ignore WordPress.DB.PreparedSQL -- the name of the table is ours.
		rebuild();
	}
}

/** Activated: the rules are made anew at the next request, when the types are known. */
function activate() {
	delete_option( STATE );
	delete_transient( 'eveobs_flushed' );
	register_uninstall_hook( PLUGIN, __NAMESPACE__ . '\\uninstall' );
}

/** Deactivated: the addresses of documents go. */
function deactivate() {
	delete_option( STATE );
	array_map( 'unregister_post_type', array_values( types() ) );
	array_map( static fn( $term ) => unregister_taxonomy( "eve_$term" ), array_keys( taxonomies() ) );
	flush_rewrite_rules( false );
}

/** The owner's choice, in Settings, Writing: what is to become of the documents when the plugin goes. */
function settings() {
	register_setting(
		'writing',
		REMOVE,
		array(
			'type'              => 'string',
			'default'           => '',
			'show_in_rest'      => false,
			'sanitize_callback' => static fn( $text ) => 'yes' === $text ? 'yes' : '',
		)
	);
	register_setting(
		'writing',
		'eveobs_forget_removed',
		array(
			'type'              => 'string',
			'default'           => '',
			'show_in_rest'      => false,
			'sanitize_callback' => __NAMESPACE__ . '\forget_removed',
		)
	);
	add_settings_section( 'eveobs', 'eveobs', '__return_null', 'writing' );
	add_settings_field(
		REMOVE,
		'Deletion of the plugin',
		static function () {
			printf( '<label><input type="checkbox" name="%s" value="yes"%s> Delete all EVE documents with the plugin</label>', esc_attr( REMOVE ), checked( get_option( REMOVE ), 'yes', false ) );
		},
		'writing',
		'eveobs'
	);
	add_settings_field(
		'eveobs_forget_removed',
		'Documents removed by hand',
		static function () {
			global $wpdb;
			$number = has_table() ? (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . table() . " WHERE post_id = 0 AND kind <> '~'" ) : 0; // phpcs:ignore WordPress.DB.PreparedSQL -- the name of the table is ours.
			printf( '<label><input type="checkbox" name="eveobs_forget_removed" value="yes"> Publish them again (%d)</label>', (int) $number );
		},
		'writing',
		'eveobs'
	);
}

/** Forgets which documents people removed: the next publish makes them again. Is never kept itself. */
function forget_removed( $text ): string {
	global $wpdb;
	if ( 'yes' === $text && current_user_can( 'manage_options' ) ) {
		$wpdb->query( 'DELETE FROM ' . table() . " WHERE post_id = 0 AND kind <> '~'" ); // phpcs:ignore WordPress.DB.PreparedSQL -- the name of the table is ours.
	}
	return '';
}

/** The table goes with a site of a network that is deleted. */
function tables_of_site( array $tables, int $site ): array {
	global $wpdb;
	$tables[] = $wpdb->get_blog_prefix( $site ) . 'eveobs_documents';
	return $tables;
}

/** Removes what came with the plugin from each site whose owner chose that. */
function uninstall() {
	if ( ! is_multisite() ) {
		leave();
		return;
	}
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site ) {
		switch_to_blog( $site );
		leave();
		restore_current_blog();
	}
}

/** Removes documents, terms, table and options of one site, if its owner chose that. */
function leave() {
	global $wpdb;
	if ( 'yes' !== get_option( REMOVE ) ) {
		return;
	}
	register();
	$types = in( array_values( types() ) );
	do {
		// phpcs:disable WordPress.DB.PreparedSQL -- `in` prepares; ids are numbers. One by one, 20,000 would outlast any time limit.
		$ids = array_map( 'intval', $wpdb->get_col( "SELECT ID FROM $wpdb->posts WHERE post_type IN ($types) LIMIT 500" ) );
		if ( ! $ids ) {
			break;
		}
		$list = implode( ',', $ids );
		$more = array_map( 'intval', $wpdb->get_col( "SELECT ID FROM $wpdb->posts WHERE post_parent IN ($list) AND post_type = 'revision'" ) );
		$list = implode( ',', array_merge( $ids, $more ) );
		$wpdb->query( "DELETE FROM $wpdb->commentmeta WHERE comment_id IN (SELECT comment_ID FROM $wpdb->comments WHERE comment_post_ID IN ($list))" );
		$wpdb->query( "DELETE FROM $wpdb->comments WHERE comment_post_ID IN ($list)" );
		$wpdb->query( "DELETE FROM $wpdb->term_relationships WHERE object_id IN ($list)" );
		$wpdb->query( "DELETE FROM $wpdb->postmeta WHERE post_id IN ($list)" );
		$done = $wpdb->query( "DELETE FROM $wpdb->posts WHERE ID IN ($list)" );
		// phpcs:enable
	} while ( $done );
	wp_cache_flush();
	foreach ( array_keys( taxonomies() ) as $term ) {
		foreach ( get_terms( array( 'taxonomy' => "eve_$term", 'hide_empty' => false, 'fields' => 'ids' ) ) as $id ) {
			wp_delete_term( $id, "eve_$term" );
		}
		delete_option( "eve_{$term}_children" );
	}
	$wpdb->query( 'DROP TABLE IF EXISTS ' . table() ); // phpcs:ignore
	delete_option( STATE );
	delete_option( REMOVE );
	delete_option( 'eveobs_forget_removed' );
	delete_transient( 'eveobs_flushed' );
	flush_rewrite_rules( false );
}
